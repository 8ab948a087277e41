using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Events;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Workers.Nodes;
using Hypernode.Workers.Tests.Fakes;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Hypernode.Workers.Tests.Nodes;

/// <summary>What happens to a node whose right to work was taken away.</summary>
public sealed class RevocationTests
{
    private readonly HonestRun _run = new();
    private readonly FakeTime _time = new();
    private readonly FakeStandings _standings = new();
    private readonly FakeNodes _nodes = new();
    private readonly Connections _connections = new();
    private readonly Registry _registry = new();

    public RevocationTests() => _nodes.All.Add(_run.Node);

    private NodeId Node => _run.NodeId;

    [Fact]
    public async Task Who_is_revoked_is_known_within_two_seconds_and_asked_for_once_for_all_nodes()
    {
        var revoked = new RevokedNodes(_standings, _time);
        (await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => revoked.ContainsAsync(Node, default).AsTask()))).ShouldAllBe(r => !r);
        _standings.Asked.ShouldBe(1);

        Revoke();
        (await revoked.ContainsAsync(Node, default)).ShouldBeFalse("still remembered");
        _time.Now += RevokedNodes.GoodFor;
        (await revoked.ContainsAsync(Node, default)).ShouldBeTrue();
        (await revoked.ContainsAsync(new NodeId(Guid.Empty), default)).ShouldBeFalse();
        _standings.Asked.ShouldBe(2);
    }

    [Fact]
    public async Task What_can_not_be_known_is_no_no_and_a_clock_that_is_set_back_keeps_no_old_answer()
    {
        var revoked = new RevokedNodes(_standings, _time);
        await revoked.ContainsAsync(Node, default);
        Revoke();
        _time.Wrong = TimeSpan.FromHours(-1);
        _time.Now += RevokedNodes.GoodFor;
        _standings.Away = new IOException("the database restarts");
        await Should.ThrowAsync<IOException>(async () => await revoked.ContainsAsync(Node, default));
        _standings.Away = null;
        (await revoked.ContainsAsync(Node, default)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_revoked_nodes_messages_are_dropped_even_a_signed_receipt_of_its_own_live_lease()
    {
        _nodes.Leases.Add(_run.Lease);
        var (evidence, sender) = (new FakeEvidence(), new FakeSender());
        var ingress = new NodeIngress(
            _nodes, new LeaseHolders(_nodes, _time), new RevokedNodes(_standings, _time), evidence, _run.Escrow, sender, _time, NullLogger<NodeIngress>.Instance);
        var reported = new AttemptReported(_run.Receipt, _run.NodeKey.Sign(_run.Receipt));
        Revoke();

        await ingress.AcceptAsync(Node, reported, default);
        await ingress.AcceptAsync(Node, new NodeBundle([new AttemptStarted(_run.JobId, 1, 0), reported]), default);
        await ingress.AcceptAsync(Node, new Beat(0, [new LeaseBeat(_run.JobId, 1, 0, false)]), default);
        (evidence.Receipts.Count, sender.Sent.Count, _nodes.BeatBatches.Count).ShouldBe((0, 0, 0));

        await _standings.RestoreAsync(Node, RevokedBy.Operator, default);
        _time.Now += RevokedNodes.GoodFor;
        await ingress.AcceptAsync(Node, reported, default);
        evidence.Receipts.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_revoked_nodes_commands_are_not_sent_and_do_not_stay()
    {
        var sent = new Commands();
        var sender = new WithheldCommands(sent, new RevokedNodes(_standings, _time), NullLogger<WithheldCommands>.Instance);
        var stop = new StopJob(_run.JobId, Node, 1, "test");
        await sender.SendAsync(Node, Guid.Empty, stop, default);
        Revoke();
        _time.Now += RevokedNodes.GoodFor;
        await sender.SendAsync(Node, Guid.Empty, stop, default);
        sent.All.ShouldBe([stop]);
    }

    [Theory]
    [InlineData(NodeStatus.Jailed)]
    [InlineData(NodeStatus.Slashed)]
    [InlineData(NodeStatus.Retired)]
    public async Task A_revoked_nodes_job_moves_on_at_once_though_the_node_beats(NodeStatus status)
    {
        var sender = new FakeSender();
        var sweep = new HeartbeatSweep(_nodes, new FakeEvidence(), sender, new IngressClock(), Options.Create(new WorkflowWindows()), NullLogger<HeartbeatSweep>.Instance);
        _nodes.Leases.Add(_run.Lease with { FirstBeatAt = _time.Now, LastBeatAt = _time.Now });
        await sweep.RunOnceAsync(_time.Now, default);
        sender.Sent.ShouldBeEmpty();

        _nodes.All[0] = _run.Node with { Status = status };
        await sweep.RunOnceAsync(_time.Now, default);
        sender.Sent.ShouldBe([new NodeSilent(_run.JobId, 1, Node)]);
    }

    [Fact]
    public async Task Who_is_revoked_while_the_sweep_looks_stays_revoked()
    {
        var sweep = new HeartbeatSweep(_nodes, new FakeEvidence(), new FakeSender(), new IngressClock(), Options.Create(new WorkflowWindows()), NullLogger<HeartbeatSweep>.Instance);
        _nodes.All[0] = _run.Node with { Status = NodeStatus.Offline, LastSeenAt = _time.Now };
        _nodes.BeforeStatus = () => _nodes.All[0] = _nodes.All[0] with { Status = NodeStatus.Jailed };
        await sweep.RunOnceAsync(_time.Now, default);
        _nodes.All[0].Status.ShouldBe(NodeStatus.Jailed);
    }

    [Fact]
    public async Task Only_revoked_nodes_connections_are_closed_and_again_when_they_come_back()
    {
        var other = new NodeId(Guid.Empty);
        _connections.Open.AddRange([new("a", Node), new("b", other), new("c", Node)]);
        var sweep = new ConnectionSweep(_standings, _connections, NullLogger<ConnectionSweep>.Instance);
        (await sweep.RunOnceAsync(default)).ShouldBe(0);
        Revoke();
        (await sweep.RunOnceAsync(default)).ShouldBe(2);
        _connections.Open.ShouldBe([new("b", other)]);
        (await sweep.RunOnceAsync(default)).ShouldBe(0);
        _connections.Open.Add(new("d", Node)); // the broker remembered its answer for a moment
        (await sweep.RunOnceAsync(default)).ShouldBe(1);
    }

    [Theory]
    [InlineData(NodeStatus.Jailed, true)]
    [InlineData(NodeStatus.Slashed, true)]
    [InlineData(NodeStatus.Retired, true)]
    [InlineData(NodeStatus.Offline, false)]
    [InlineData(NodeStatus.Draining, false)]
    public async Task The_chains_sentence_is_carried_out_at_once(NodeStatus onChain, bool revoked)
    {
        _connections.Open.Add(new("a", Node));
        _registry.Entries.Add(Entry(onChain));
        (await Sweep().RunOnceAsync(default)).ShouldBe(revoked ? 1 : 0);
        _standings.All.Select(r => (r.NodeId, r.Status, r.By)).ShouldBe(revoked ? [(Node, onChain, (RevokedBy?)RevokedBy.Chain)] : []);
        _connections.Open.Count.ShouldBe(revoked ? 0 : 1);
    }

    [Fact]
    public async Task Who_is_free_on_chain_again_is_free_unless_an_operator_jailed_it()
    {
        _registry.Entries.Add(Entry(NodeStatus.Active));
        _standings.All.Add(new Revocation(Node, NodeStatus.Jailed, RevokedBy.Chain, "", null));
        (await Sweep().RunOnceAsync(default)).ShouldBe(1);
        _standings.All.ShouldBeEmpty();

        Revoke();
        (await Sweep().RunOnceAsync(default)).ShouldBe(0);
        _standings.All.Count.ShouldBe(1);
    }

    [Fact]
    public async Task An_entry_of_somebody_elses_keys_or_of_an_unknown_node_says_nothing_about_ours()
    {
        _registry.Entries.Add(Entry(NodeStatus.Retired) with { NodeKey = new Key(66).Address });
        _registry.Entries.Add(Entry(NodeStatus.Retired) with { Authority = new Key(66).Address });
        _registry.Entries.Add(Entry(NodeStatus.Slashed) with { NodeId = new NodeId(Guid.Empty) });
        (await Sweep().RunOnceAsync(default)).ShouldBe(0);
        _standings.All.ShouldBeEmpty();
    }

    private void Revoke() => _standings.All.Add(new Revocation(Node, NodeStatus.Jailed, RevokedBy.Operator, "test", _time.Now));

    private RegistryEntry Entry(NodeStatus status) => new(Node, _run.Node.NodeKey, _run.Node.Authority, status);

    private RegistrySweep Sweep() => new(
        _registry, _nodes, _standings, [new ConnectionSweep(_standings, _connections, NullLogger<ConnectionSweep>.Instance)], _time, NullLogger<RegistrySweep>.Instance);

    private sealed class Connections : INodeConnections
    {
        public List<NodeConnection> Open { get; } = [];

        public Task<IReadOnlyList<NodeConnection>> ListAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<NodeConnection>>([.. Open]);

        public Task CloseAsync(NodeConnection connection, string reason, CancellationToken cancellationToken)
        {
            reason.ShouldContain("node is ");
            Open.Remove(connection);
            return Task.CompletedTask;
        }
    }

    private sealed class Registry : INodeRegistry
    {
        public List<RegistryEntry> Entries { get; } = [];

        public Task<IReadOnlyList<RegistryEntry>> ListAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<RegistryEntry>>([.. Entries]);
    }

    private sealed class Commands : INodeCommandSender
    {
        public List<NodeCommand> All { get; } = [];

        public Task EnsureQueueAsync(NodeId node, CancellationToken cancellationToken) => Task.CompletedTask;

        public Task SendAsync(NodeId node, Guid messageId, NodeCommand command, CancellationToken cancellationToken)
        {
            All.Add(command);
            return Task.CompletedTask;
        }
    }
}
