using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Text;

namespace Hypernode.Contracts.Commands;

/// <summary>Check signature, commitment, times and funds of an accepted intent.</summary>
public sealed record VerifyIntent(
    JobId JobId,
    PaymentIntent Intent,
    PayerSignature Signature,
    Hash256 SpecHash,
    long SettleBy,
    Hash256 Salt) : IJobMessage;
