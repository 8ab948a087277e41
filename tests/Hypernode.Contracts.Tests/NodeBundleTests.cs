using System.Text.Json;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Text;

namespace Hypernode.Contracts.Tests;

public sealed class NodeBundleTests
{
    private static readonly JobId _job = new(Guid.Parse("00000000-0000-0000-0000-000000000007"));

    private const string Frozen =
        """{"kind":"bundle","messages":[{"kind":"started","jobId":"job-00000000-0000-0000-0000-000000000007","attempt":1,"at":5},{"kind":"beat","at":6,"leases":[]}]}""";

    [Fact]
    public void A_bundle_is_written_as_it_always_was_and_read_back()
    {
        NodeMessage bundle = new NodeBundle([new AttemptStarted(_job, 1, 5), new Beat(6, [])]);
        JsonSerializer.Serialize(bundle, ContractJson.Options).ShouldBe(Frozen);
        var read = JsonSerializer.Deserialize<NodeMessage>(Frozen, ContractJson.Options).ShouldBeOfType<NodeBundle>();
        read.Messages[0].ShouldBe(new AttemptStarted(_job, 1, 5));
        read.Messages[1].ShouldBeOfType<Beat>().At.ShouldBe(6);
    }

    [Theory]
    [InlineData("""{"kind":"dance","messages":[{"a":[1,2]}]}""")]
    [InlineData("""{"at":1,"leases":[]}""")]
    [InlineData("""{"kind":"started","jobId":"nobody","attempt":1,"at":5}""")]
    [InlineData("""{"kind":"started","jobId":{"deep":[[]]},"attempt":1}""")]
    [InlineData("""{"kind":"logs","chunks":[{"data":"not base 64!"}]}""")]
    [InlineData("null")]
    [InlineData("[[],{}]")]
    [InlineData("7")]
    public void An_item_that_can_not_be_read_is_null_and_its_neighbours_are_read(string item)
    {
        var json = $$"""{"kind":"bundle","messages":[{"kind":"beat","at":1,"leases":[]},{{item}},{"kind":"beat","at":2,"leases":[]}]}""";
        var read = JsonSerializer.Deserialize<NodeMessage>(json, ContractJson.Options).ShouldBeOfType<NodeBundle>();
        read.Messages.Select(m => (m as Beat)?.At).ShouldBe([1, null, 2]);
    }

    [Theory]
    [InlineData("""{"kind":"bundle","messages":7}""")]
    [InlineData("""{"kind":"bundle","messages":[{"kind":"beat" """)]
    public void What_is_no_list_is_no_bundle(string json) =>
        Should.Throw<JsonException>(() => JsonSerializer.Deserialize<NodeMessage>(json, ContractJson.Options));
}
