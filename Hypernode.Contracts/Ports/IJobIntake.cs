using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Text;

namespace Hypernode.Contracts.Ports;

/// <summary>The one place where a job begins: intent, job and first message in one transaction (protocol A9).</summary>
public interface IJobIntake
{
    Task<IntakeResult> SubmitAsync(JobSubmission submission, CancellationToken cancellationToken);
}

/// <param name="Mint">What the payment is in, where that is not HYPER.</param>
public sealed record JobSubmission(
    PaymentIntent Intent,
    PayerSignature Signature,
    JobSpec Spec,
    Hash256 SpecHash,
    long SettleBy,
    Hash256 Salt,
    DateTimeOffset At,
    WalletAddress? Mint = null);

public enum IntakeResult
{
    Accepted,

    /// <summary>The same submission came before: same answer.</summary>
    Repeated,
    NonceUsed,
    IntentUsed,
    JobUsed,
}
