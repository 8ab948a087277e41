using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Nodes;

namespace Hypernode.Contracts.Commands;

/// <summary>Find a fitting node with a free slot, at the lowest price.</summary>
/// <param name="Excluded">Nodes that have had an attempt at this job.</param>
public sealed record MatchJob(
    JobId JobId,
    int Attempt,
    JobSpec Spec,
    HyperAmount Amount,
    long SettleBy,
    IReadOnlyList<NodeId> Excluded) : IJobMessage;
