using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;

namespace Hypernode.Contracts.Commands;

/// <summary>Write the attempt and its payee into the payment on chain.</summary>
public sealed record AssignNode(
    JobId JobId,
    IntentId IntentId,
    int Attempt,
    NodeId NodeId,
    WalletAddress Authority) : IJobMessage;
