using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Text;

namespace Hypernode.Contracts.Events;

/// <summary>The intake has stored intent and job in one transaction; the saga begins.</summary>
public sealed record JobSubmitted(
    JobId JobId,
    PaymentIntent Intent,
    PayerSignature Signature,
    JobSpec Spec,
    Hash256 SpecHash,
    long SettleBy,
    Hash256 Salt) : IJobMessage;
