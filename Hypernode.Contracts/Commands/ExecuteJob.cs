using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Text;

namespace Hypernode.Contracts.Commands;

/// <summary>Run a job as the given attempt. The agent journals it before it acknowledges, and fences by the attempt.</summary>
/// <param name="Challenge">32 fresh bytes: the key of the completion marker.</param>
/// <param name="StartBy">ms since the epoch: an attempt that has not begun by then is declined.</param>
/// <param name="GpuUuids">The GPUs of the slot that this job gets, and no others; null: none.</param>
public sealed record ExecuteJob(
    JobId JobId,
    IntentId IntentId,
    NodeId NodeId,
    int Attempt,
    int LeaseEpoch,
    int Slot,
    JobSpec Spec,
    Hash256 SpecHash,
    Hash256 Challenge,
    long RunLimitMs,
    long StartBy,
    IReadOnlyList<string>? GpuUuids = null) : NodeCommand, IJobMessage;
