using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;

namespace Hypernode.Workers.Tests.Fakes;

public sealed class FakeNodes : INodeDirectory
{
    public List<NodeView> All { get; } = [];

    public List<LeaseView> Leases { get; } = [];

    public List<IReadOnlyList<ReceivedBeat>> BeatBatches { get; } = [];

    /// <summary>Holds back the writing of beats until it completes.</summary>
    public Task BeatGate { get; set; } = Task.CompletedTask;

    public Task<bool> RegisterAsync(NodeRegistration registration, DateTimeOffset at, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<NodeView?> FindAsync(NodeId id, CancellationToken cancellationToken) => Task.FromResult(All.Find(n => n.Id == id));

    /// <summary>The storage does not answer.</summary>
    public bool Away { get; set; }

    public Task<IReadOnlyList<NodeView>> ListAsync(CancellationToken cancellationToken) =>
        Away ? throw new IOException("away") : Task.FromResult<IReadOnlyList<NodeView>>([.. All]);

    /// <summary>Somebody else is faster.</summary>
    public Action? BeforeStatus { get; set; }

    public Task<bool> SetStatusAsync(NodeId id, NodeStatus from, NodeStatus to, CancellationToken cancellationToken)
    {
        BeforeStatus?.Invoke();
        var at = All.FindIndex(n => n.Id == id);
        if (All[at].Status != from)
        {
            return Task.FromResult(false);
        }

        All[at] = All[at] with { Status = to };
        return Task.FromResult(true);
    }

    public Task<LeaseView?> FindLeaseAsync(JobId job, int attempt, CancellationToken cancellationToken) =>
        Task.FromResult(Leases.Find(l => l.JobId == job && l.Attempt == attempt));

    public Task<IReadOnlyList<LeaseView>> LiveLeasesAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<LeaseView>>([.. Leases.Where(l => l.Live)]);

    public async Task RecordBeatsAsync(IReadOnlyList<ReceivedBeat> beats, CancellationToken cancellationToken)
    {
        BeatBatches.Add(beats);
        await BeatGate;
    }
}
