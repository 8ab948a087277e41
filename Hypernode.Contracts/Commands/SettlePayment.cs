using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Text;

namespace Hypernode.Contracts.Commands;

/// <summary>Release: pay the node and the fees, return the remainder. Idempotent: a payment that is settled with the same hashes is a success.</summary>
public sealed record SettlePayment(
    JobId JobId,
    IntentId IntentId,
    int Attempt,
    NodeId NodeId,
    WalletAddress Authority,
    Verdict Verdict,
    HyperAmount Charge,
    Hash256 ExecutionHash,
    Hash256 LogsHash,
    PendingTransaction? Pending) : IJobMessage;
