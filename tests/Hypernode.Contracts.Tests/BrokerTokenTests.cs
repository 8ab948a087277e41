using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Text;

namespace Hypernode.Contracts.Tests;

public sealed class BrokerTokenTests
{
    private static readonly NodeId Node = NodeId.Parse("0f8fad5b-d9cb-469f-a165-70867728950e");
    private static readonly string Signature = Base58.Encode([.. Enumerable.Range(1, 64).Select(i => (byte)i)]);
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void The_text_names_its_purpose_the_network_the_node_and_the_time() => BrokerToken.SigningText("localnet", Node, 1_772_366_400_000).ShouldBe(
        "HYPERNODE Broker Access\n\nNetwork: localnet\nNode ID: 0f8fad5b-d9cb-469f-a165-70867728950e\nTimestamp: 1772366400000");

    [Fact]
    public void A_password_is_read_as_it_was_written()
    {
        var written = new BrokerToken(1_772_366_400_000, Signature);
        BrokerToken.TryParse(written.Password, out var read).ShouldBeTrue();
        (read!.Timestamp, read.Signature).ShouldBe((written.Timestamp, written.Signature));
    }

    public static TheoryData<string?> NoTokens => new()
    {
        null,
        "",
        "v1",
        "guest",
        $"v1.1.{Signature[4..]}",
        $"v1.1.{Signature}{Signature}",
        $"v1.1.0{Signature[1..]}", // 0 is no base58
        $"v2.1.{Signature}",
        $"v1.01.{Signature}",
        $"v1.-1.{Signature}",
        $"v1.+1.{Signature}",
        $"v1. 1.{Signature}",
        $"v1.1e3.{Signature}",
        $"v1.9223372036854775808.{Signature}",
        $"v1.1.{Signature}.1",
        $"v1..{Signature}",
        $"V1.1.{Signature}",
        $" v1.1.{Signature}",
        $"v1.1.{Signature}\n",
        $"v1.1.{new string('1', 5_000)}",
    };

    [Theory]
    [MemberData(nameof(NoTokens))]
    public void What_is_written_otherwise_is_no_token(string? password)
    {
        BrokerToken.TryParse(password, out var token).ShouldBeFalse(password);
        _ = token;
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(300_000, true)]
    [InlineData(-300_000, true)]
    [InlineData(300_001, false)]
    [InlineData(-300_001, false)]
    public void It_is_good_for_five_minutes_around_its_time(long ahead, bool good) =>
        new BrokerToken(Noon.ToUnixTimeMilliseconds() + ahead, Signature).IsTimely(Noon).ShouldBe(good);

    [Fact]
    public void A_time_beyond_all_times_is_not_ours()
    {
        new BrokerToken(long.MaxValue, Signature).IsTimely(Noon).ShouldBeFalse();
        new BrokerToken(0, Signature).IsTimely(Noon).ShouldBeFalse();
    }

    [Fact]
    public void What_is_logged_of_it_opens_nothing() => new BrokerToken(1, Signature).ToString().ShouldNotContain(Signature);

    [Theory]
    [InlineData(NodeStatus.Active, false)]
    [InlineData(NodeStatus.Draining, false)]
    [InlineData(NodeStatus.Offline, false)]
    [InlineData(NodeStatus.Jailed, true)]
    [InlineData(NodeStatus.Slashed, true)]
    [InlineData(NodeStatus.Retired, true)]
    [InlineData((NodeStatus)99, true)] // of a newer build: closed rather than open
    public void Who_is_revoked(NodeStatus status, bool revoked) => status.IsRevoked().ShouldBe(revoked);
}
