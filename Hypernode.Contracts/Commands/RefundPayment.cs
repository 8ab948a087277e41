using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;

namespace Hypernode.Contracts.Commands;

/// <summary>Give everything back to the payer, by the way that the chain allows now: cancel, an attested refund, or the permissionless one after settle_by.</summary>
public sealed record RefundPayment(
    JobId JobId,
    IntentId IntentId,
    int Attempt,
    RefundReason Reason,
    PendingTransaction? Pending) : IJobMessage;
