using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Text;

namespace Hypernode.Contracts.Commands;

/// <summary>Lock the payer's tokens. Idempotent by intent id: the answer is asked from the chain before anything is sent.</summary>
/// <param name="Pending">A lock that was sent and whose answer is not known yet.</param>
public sealed record LockEscrow(
    JobId JobId,
    PaymentIntent Intent,
    PayerSignature Signature,
    Hash256 SpecHash,
    long SettleBy,
    Hash256 Salt,
    PendingTransaction? Pending) : IJobMessage;
