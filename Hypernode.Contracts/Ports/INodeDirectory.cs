using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Text;

namespace Hypernode.Contracts.Ports;

/// <summary>Nodes, their liveness and their leases.</summary>
public interface INodeDirectory
{
    /// <summary>Inserts or, for the same key and authority, updates the offer; false when the id belongs to another key or wallet.</summary>
    Task<bool> RegisterAsync(NodeRegistration registration, DateTimeOffset at, CancellationToken cancellationToken);

    Task<NodeView?> FindAsync(NodeId id, CancellationToken cancellationToken);

    /// <summary>The nodes that this key signs for: mostly one, none when it is nobody's.</summary>
    async Task<IReadOnlyList<NodeView>> FindByKeyAsync(WalletAddress nodeKey, CancellationToken cancellationToken) =>
        [.. (await ListAsync(cancellationToken)).Where(n => n.NodeKey == nodeKey)];

    Task<IReadOnlyList<NodeView>> ListAsync(CancellationToken cancellationToken);

    /// <summary>One page, strictly after <see cref="NodeQuery.After"/>.</summary>
    async Task<IReadOnlyList<NodeView>> PageAsync(NodeQuery query, CancellationToken cancellationToken)
    {
        var fitting = (await ListAsync(cancellationToken)).Where(n => query.Status is null || n.Status == query.Status);
        return [.. fitting
            .Select(n => (Key: (query.Sort == NodeSort.Price ? n.Offer.PricePerSecond.BaseUnits : 0, n.Id.ToString()), Node: n))
            .Where(n => query.After is not { } after || n.Key.CompareTo((query.Sort == NodeSort.Price ? after.Price.BaseUnits : 0, after.Id.ToString())) > 0)
            .OrderBy(n => n.Key)
            .Take(query.Limit)
            .Select(n => n.Node)];
    }

    /// <summary>False: it is not <paramref name="from"/> any more. Who looked a moment ago must not undo what was said since.</summary>
    Task<bool> SetStatusAsync(NodeId id, NodeStatus from, NodeStatus to, CancellationToken cancellationToken);

    /// <summary>The live or past lease of one attempt; null when it was never committed.</summary>
    Task<LeaseView?> FindLeaseAsync(JobId job, int attempt, CancellationToken cancellationToken);

    Task<IReadOnlyList<LeaseView>> LiveLeasesAsync(CancellationToken cancellationToken);

    /// <summary>Beats in one batch: the node's last sight, and the first and last beat of each lease that is its own and live.</summary>
    Task RecordBeatsAsync(IReadOnlyList<ReceivedBeat> beats, CancellationToken cancellationToken);
}

/// <param name="ReceivedAt">By our clock: what a node's clock says is never charged.</param>
public sealed record ReceivedBeat(NodeId NodeId, DateTimeOffset ReceivedAt, IReadOnlyList<LeaseBeat> Leases);

public sealed record NodeView(
    NodeId Id,
    WalletAddress NodeKey,
    WalletAddress Authority,
    string Hostname,
    NodeStatus Status,
    NodeOffer Offer,
    int BusySlots,
    long JobsCompleted,
    HyperAmount Earned,
    DateTimeOffset RegisteredAt,
    DateTimeOffset? LastSeenAt);

/// <param name="FirstBeatAt">By our clock.</param>
/// <param name="Live">False once the saga released it.</param>
public sealed record LeaseView(
    JobId JobId,
    int Attempt,
    NodeId NodeId,
    int Slot,
    Hash256 Challenge,
    HyperAmount RatePerSecond,
    DateTimeOffset TakenAt,
    DateTimeOffset? FirstBeatAt,
    DateTimeOffset? LastBeatAt,
    bool Live);
