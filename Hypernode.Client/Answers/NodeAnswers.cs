namespace Hypernode.Client;

/// <summary>A node as anyone may see it.</summary>
/// <param name="Authority">The wallet that is paid.</param>
/// <param name="PricePerSecond">Base units a second of one slot.</param>
/// <param name="Earned">Base units.</param>
/// <param name="RegisteredAt">ms since the epoch.</param>
/// <param name="LastSeenAt">ms since the epoch.</param>
/// <param name="Broker">Where its agent gets its jobs; null: the API does not know.</param>
/// <param name="NetworkModes"><c>none</c>, and what else the node sells.</param>
public sealed record NodeAnswer(
    string NodeId,
    string NodeKey,
    string Authority,
    string Status,
    int Slots,
    int BusySlots,
    int CpuMillis,
    int MemoryMb,
    ulong PricePerSecond,
    IReadOnlyList<GpuAnswer> Gpus,
    IReadOnlyList<string> Images,
    long JobsCompleted,
    ulong Earned,
    long RegisteredAt,
    long? LastSeenAt,
    string? Broker = null,
    IReadOnlyList<string>? NetworkModes = null);

public sealed record GpuAnswer(string Model, int VramMb);

/// <param name="BusySlots">Jobs that it still has.</param>
public sealed record NodeStatusAnswer(string NodeId, string Status, int BusySlots);

/// <summary>Why a node gets jobs, or none.</summary>
public sealed record NodeExplanation(
    string NodeId,
    string Status,
    Reason Reason,
    long? LastSeenAt,
    int Slots,
    int BusySlots,
    int CheaperFreeNodes,
    IReadOnlyList<HeldLease> Leases,
    WaitingExplanation Waiting);

/// <param name="TakenAt">ms since the epoch.</param>
public sealed record HeldLease(string JobId, int Attempt, int Slot, long TakenAt, long? LastBeatAt = null);

public sealed record WaitingExplanation(int Jobs, bool More, int Fitting, string Text, IReadOnlyList<CountedReason> Reasons);

/// <param name="LowestPricePerSecond">Base units; null when no node is active.</param>
/// <param name="Gpus">Of active nodes.</param>
public sealed record NodeStatsAnswer(
    int Total, int Slots, int BusySlots, ulong? LowestPricePerSecond, int Gpus = 0, IReadOnlyDictionary<string, int>? ByStatus = null);

/// <param name="Charged">Base units.</param>
/// <param name="Refunded">Base units.</param>
public sealed record JobStatsAnswer(long Total, IReadOnlyDictionary<string, long> ByState, ulong Charged, ulong Refunded);

public sealed record NetworkStats(string Network, NodeStatsAnswer Nodes, JobStatsAnswer Jobs);

/// <param name="Charged">Base units.</param>
/// <param name="Refunded">Base units.</param>
public sealed record FacilitatorStats(DeploymentBody Deployment, long Intents, IReadOnlyDictionary<string, long> ByStatus, ulong Charged, ulong Refunded);

internal sealed record NodeList(IReadOnlyList<NodeAnswer> Items, string? Next = null);
