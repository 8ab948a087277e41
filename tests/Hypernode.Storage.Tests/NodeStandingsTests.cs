using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using static Hypernode.Storage.Tests.Given;

namespace Hypernode.Storage.Tests;

public sealed class SqliteNodeStandingsTests(SqliteFixture storage) : NodeStandingsTests(storage), IClassFixture<SqliteFixture>;

[Trait("Needs", "postgres")]
public sealed class PostgresNodeStandingsTests(PostgresFixture storage) : NodeStandingsTests(storage), IClassFixture<PostgresFixture>;

public abstract class NodeStandingsTests(StorageFixture storage)
{
    private const RevokedBy Operator = RevokedBy.Operator;
    private const RevokedBy Chain = RevokedBy.Chain;

    private readonly INodeStandings _standings = storage.Get<INodeStandings>();
    private readonly INodeDirectory _nodes = storage.Get<INodeDirectory>();

    [Fact]
    public async Task A_revocation_says_whose_word_it_is_and_why_until_it_is_lifted()
    {
        var node = await ANodeAsync(storage);
        (await FindAsync(node)).ShouldBeNull();
        (await RevokeAsync(node, NodeStatus.Jailed, Operator, "lies about its \0GPUs")).ShouldBeTrue();
        (await FindAsync(node)).ShouldBe(new Revocation(node, NodeStatus.Jailed, Operator, "lies about its GPUs", Now));
        (await StatusAsync(node)).ShouldBe(NodeStatus.Jailed);

        (await _standings.RestoreAsync(node, Operator, None)).ShouldBeTrue();
        (await FindAsync(node)).ShouldBeNull();
        (await StatusAsync(node)).ShouldBe(NodeStatus.Offline);
        (await _standings.RestoreAsync(node, Operator, None)).ShouldBeFalse();
        (await RevokeAsync(NewNodeId(), NodeStatus.Jailed, Operator)).ShouldBeFalse("there is no such node");
    }

    [Fact]
    public async Task An_operators_jail_is_not_the_chains_to_lift_and_outlasts_it()
    {
        var node = await ANodeAsync(storage);
        await RevokeAsync(node, NodeStatus.Jailed, Operator);
        (await RevokeAsync(node, NodeStatus.Jailed, Chain)).ShouldBeFalse();
        (await _standings.RestoreAsync(node, Chain, None)).ShouldBeFalse();
        (await FindAsync(node))!.By.ShouldBe(Operator);
    }

    [Fact]
    public async Task The_chains_jail_is_not_an_operators_to_lift_but_his_to_take_over()
    {
        var node = await ANodeAsync(storage);
        (await RevokeAsync(node, NodeStatus.Jailed, Chain)).ShouldBeTrue();
        (await RevokeAsync(node, NodeStatus.Jailed, Chain)).ShouldBeFalse("it is so already");
        (await _standings.RestoreAsync(node, Operator, None)).ShouldBeFalse();
        (await RevokeAsync(node, NodeStatus.Jailed, Operator)).ShouldBeTrue();
        (await _standings.RestoreAsync(node, Chain, None)).ShouldBeFalse();
        (await StatusAsync(node)).ShouldBe(NodeStatus.Jailed);
    }

    [Theory]
    [InlineData(NodeStatus.Slashed)]
    [InlineData(NodeStatus.Retired)]
    public async Task What_the_chain_ended_an_operator_neither_softens_nor_lifts(NodeStatus end)
    {
        var node = await ANodeAsync(storage);
        await RevokeAsync(node, NodeStatus.Jailed, Operator);
        (await RevokeAsync(node, end, Chain)).ShouldBeTrue();
        (await RevokeAsync(node, end, Chain)).ShouldBeFalse();
        (await RevokeAsync(node, NodeStatus.Jailed, Operator)).ShouldBeFalse();
        (await _standings.RestoreAsync(node, Operator, None)).ShouldBeFalse();
        (await FindAsync(node)).ShouldBe(new Revocation(node, end, Chain, "test", Now));
        (await _standings.RestoreAsync(node, Chain, None)).ShouldBeTrue("a fork may have taken the chain's word back");
    }

    [Fact]
    public async Task Registering_again_shakes_no_sentence_off()
    {
        var registration = Registration();
        await _nodes.RegisterAsync(registration, Now, None);
        await RevokeAsync(registration.NodeId, NodeStatus.Jailed, Operator);
        await _nodes.RegisterAsync(registration, Now, None);
        (await FindAsync(registration.NodeId)).ShouldNotBeNull();
    }

    [Theory]
    [InlineData(Operator, NodeStatus.Slashed)]
    [InlineData(Operator, NodeStatus.Retired)]
    [InlineData(Operator, NodeStatus.Active)]
    [InlineData(Chain, NodeStatus.Offline)]
    public async Task There_is_no_other_sentence(RevokedBy by, NodeStatus status) =>
        await Should.ThrowAsync<ArgumentOutOfRangeException>(() => RevokeAsync(NewNodeId(), status, by));

    private Task<bool> RevokeAsync(NodeId node, NodeStatus status, RevokedBy by, string reason = "test") =>
        _standings.RevokeAsync(node, status, by, reason, Now, None);

    private async Task<Revocation?> FindAsync(NodeId node) => (await _standings.RevokedAsync(None)).FirstOrDefault(r => r.NodeId == node);

    private async Task<NodeStatus> StatusAsync(NodeId node) => (await _nodes.FindAsync(node, None))!.Status;
}
