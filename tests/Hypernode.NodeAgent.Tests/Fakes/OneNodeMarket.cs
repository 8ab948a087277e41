using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Events;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;
using Hypernode.Workers.Matching;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Hypernode.NodeAgent.Tests.Fakes;

/// <summary>The real matcher over one node, whose leases are remembered as the saga's commit would: one row a slot.</summary>
internal sealed class OneNodeMarket : INodeDirectory, IIdSource
{
    private readonly TestKit _kit;
    private readonly TimeProvider _time;
    private readonly NodeCapacity _capacity;
    private readonly JobMatcher _matcher;
    private readonly List<LeaseView> _leases = [];

    public OneNodeMarket(TestKit kit, NodeOffer offer, TimeProvider time)
    {
        (_kit, Offer, _time) = (kit, offer, time);
        _capacity = new NodeCapacity(this, time);
        _matcher = new JobMatcher(_capacity, this, Options.Create(new WorkflowWindows()), time, NullLogger<JobMatcher>.Instance);
    }

    /// <summary>What the node registered last.</summary>
    public NodeOffer Offer { get; set; }

    /// <summary>The command of a new lease; null: no slot.</summary>
    public async Task<ExecuteJob?> LeaseAsync(JobSpec spec)
    {
        var now = _time.GetUtcNow();
        var command = _kit.Execute(spec, now.ToUnixTimeMilliseconds());
        var answer = await _matcher.HandleAsync(
            new MatchJob(command.JobId, 1, spec, new HyperAmount(1_000_000), now.AddHours(2).ToUnixTimeSeconds(), []), default);
        if (answer is not NodeMatched match)
        {
            return null;
        }

        _leases.ShouldNotContain(l => l.Slot == match.Slot); // I10
        _leases.Add(new LeaseView(command.JobId, 1, _kit.Node, match.Slot, match.Challenge, match.RatePerSecond, now, null, null, Live: true));
        return command with { Slot = match.Slot, Challenge = match.Challenge, GpuUuids = match.GpuUuids };
    }

    /// <summary>Its attempt has an outcome.</summary>
    public void Release(JobId job)
    {
        if (_leases.Find(l => l.JobId == job) is { } lease)
        {
            _leases.Remove(lease);
            _capacity.Changed(new LeaseChange(job, false, 1, lease.NodeId, lease.Slot, "", lease.RatePerSecond));
        }
    }

    public Guid NewId() => TestKit.NewId();

    public Hash256 NewSecret() => Hash256.Of(TestKit.NewId().ToByteArray());

    public Task<IReadOnlyList<NodeView>> ListAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<NodeView>>(
        [new NodeView(_kit.Node, _kit.Signer.Key, _kit.Signer.Key, "host", NodeStatus.Active, Offer, 0, 0, HyperAmount.Zero, _time.GetUtcNow(), _time.GetUtcNow())]);

    public Task<IReadOnlyList<LeaseView>> LiveLeasesAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<LeaseView>>([.. _leases]);

    public Task<bool> RegisterAsync(NodeRegistration registration, DateTimeOffset at, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<NodeView?> FindAsync(NodeId id, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<bool> SetStatusAsync(NodeId id, NodeStatus from, NodeStatus to, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<LeaseView?> FindLeaseAsync(JobId job, int attempt, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task RecordBeatsAsync(IReadOnlyList<ReceivedBeat> beats, CancellationToken cancellationToken) => throw new NotSupportedException();
}
