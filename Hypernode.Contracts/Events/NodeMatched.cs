using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Text;

namespace Hypernode.Contracts.Events;

/// <summary>A node fits; its price is frozen now.</summary>
public sealed record NodeMatched(
    JobId JobId,
    int Attempt,
    NodeId NodeId,
    WalletAddress NodeKey,
    WalletAddress Authority,
    int Slot,
    HyperAmount RatePerSecond,
    Hash256 Challenge) : IAttemptMessage;
