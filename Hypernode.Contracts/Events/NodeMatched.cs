using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Text;

namespace Hypernode.Contracts.Events;

/// <summary>A node fits; its price is frozen now, and so are its GPUs.</summary>
/// <param name="GpuUuids">The GPUs of the slot that the job gets; null: none.</param>
public sealed record NodeMatched(
    JobId JobId,
    int Attempt,
    NodeId NodeId,
    WalletAddress NodeKey,
    WalletAddress Authority,
    int Slot,
    HyperAmount RatePerSecond,
    Hash256 Challenge,
    IReadOnlyList<string>? GpuUuids = null) : IAttemptMessage;
