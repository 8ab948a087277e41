using Hypernode.Api.Facilitator;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Ports;

namespace Hypernode.Api.Jobs;

/// <summary>A job in a list.</summary>
/// <param name="Amount">Base units, as every sum here; 0 until settled.</param>
/// <param name="CreatedAt">ms since the epoch.</param>
/// <param name="CompletedAt">ms since the epoch; absent until the job has ended.</param>
/// <param name="Mint">What the sums are base units of, where the payment came by transfer (x402); absent: HYPER.</param>
public sealed record JobSummary(
    string JobId,
    string State,
    string Status,
    string? Outcome,
    string Type,
    string? Description,
    int Attempt,
    string? NodeId,
    ulong Amount,
    ulong Charge,
    ulong Refund,
    long CreatedAt,
    long? CompletedAt,
    JobLinks Links,
    string? Mint = null)
{
    public static JobSummary Of(JobView job) => new(
        job.Id.ToString(),
        StateOf(job.State),
        JobStateNames.ToStatus(job.State),
        job.Outcome,
        job.Spec.Type.ToString().ToLowerInvariant(),
        job.Spec.Description,
        job.Attempt,
        job.AssignedNode?.ToString(),
        job.IntentSignature.Funded(job.Intent.Amount).BaseUnits,
        job.Settlement?.Charge.BaseUnits ?? 0,
        job.Settlement?.Refund.BaseUnits ?? 0,
        job.CreatedAt.ToUnixTimeMilliseconds(),
        job.CompletedAt?.ToUnixTimeMilliseconds(),
        JobLinks.Of(job.Id),
        job.IntentSignature.Deposit?.Mint.ToString());

    /// <summary>What the saga has not seen yet is submitted all the same.</summary>
    internal static string StateOf(string state) => state == JobStateNames.Initial ? JobStateNames.Submitted : state;
}

/// <summary>A job with its whole story.</summary>
/// <param name="Amount">Base units, as every sum here; the parts are 0 until settled.</param>
/// <param name="Hyper">The same sums as decimal texts; absent where the payment came by transfer, perhaps in another mint.</param>
/// <param name="SettleBy">Seconds since the epoch.</param>
/// <param name="Signatures">Transactions on chain, in order.</param>
/// <param name="CreatedAt">ms since the epoch.</param>
/// <param name="CompletedAt">ms since the epoch; absent until the job has ended.</param>
/// <param name="Mint">What the sums are base units of, where the payment came by transfer (x402); absent: HYPER.</param>
public sealed record JobAnswer(
    string JobId,
    string Owner,
    string State,
    string Status,
    string? Outcome,
    string Type,
    string? Description,
    string Image,
    string SpecHash,
    int Attempt,
    string? NodeId,
    ulong Amount,
    ulong Charge,
    ulong NodeShare,
    ulong ProtocolFee,
    ulong PlatformFee,
    ulong Refund,
    HyperSums? Hyper,
    string IntentId,
    string Nonce,
    long ExpiresAt,
    long SettleBy,
    string? EscrowAddress,
    string? ExecutionHash,
    string? LogsHash,
    string? ProofSignature,
    IReadOnlyList<string> Signatures,
    IReadOnlyList<TransitionAnswer> Transitions,
    long CreatedAt,
    long? CompletedAt,
    JobLinks Links,
    string? Mint = null)
{
    private static readonly Settlement Nothing = new(default, default, default, default, default);

    public static JobAnswer Of(JobView job, IReadOnlyList<JobTransition> history)
    {
        var sums = job.Settlement ?? Nothing;
        return new JobAnswer(
            job.Id.ToString(),
            job.Owner.ToString(),
            JobSummary.StateOf(job.State),
            JobStateNames.ToStatus(job.State),
            job.Outcome,
            job.Spec.Type.ToString().ToLowerInvariant(),
            job.Spec.Description,
            job.Spec.Image,
            job.SpecHash.ToString(),
            job.Attempt,
            job.AssignedNode?.ToString(),
            job.IntentSignature.Funded(job.Intent.Amount).BaseUnits,
            sums.Charge.BaseUnits,
            sums.NodeShare.BaseUnits,
            sums.ProtocolFee.BaseUnits,
            sums.PlatformFee.BaseUnits,
            sums.Refund.BaseUnits,
            job.IntentSignature.Deposit is null ? HyperSums.Of(job.Intent.Amount, sums) : null,
            job.Intent.IntentId.ToString(),
            job.Intent.Nonce.ToString(),
            job.Intent.ExpiresAt,
            job.SettleBy,
            job.EscrowAddress,
            job.ExecutionHash,
            job.LogsHash,
            job.ProofSignature,
            job.Signatures,
            [.. history.Select(TransitionAnswer.Of)],
            job.CreatedAt.ToUnixTimeMilliseconds(),
            job.CompletedAt?.ToUnixTimeMilliseconds(),
            JobLinks.Of(job.Id),
            job.IntentSignature.Deposit?.Mint.ToString());
    }
}

/// <summary>Sums in HYPER, exact.</summary>
public sealed record HyperSums(string Amount, string Charge, string NodeShare, string ProtocolFee, string PlatformFee, string Refund)
{
    public static HyperSums Of(HyperAmount amount, Settlement sums) => new(
        amount.ToString(),
        sums.Charge.ToString(),
        sums.NodeShare.ToString(),
        sums.ProtocolFee.ToString(),
        sums.PlatformFee.ToString(),
        sums.Refund.ToString());
}

/// <param name="At">ms since the epoch.</param>
/// <param name="Cause">The event that moved the job, and its code where it has one.</param>
public sealed record TransitionAnswer(string State, long At, string Cause, int Attempt)
{
    public static TransitionAnswer Of(JobTransition transition) => new(
        JobSummary.StateOf(transition.State),
        transition.At.ToUnixTimeMilliseconds(),
        transition.Cause,
        transition.Attempt);
}

/// <param name="Next">Goes into ?cursor= for the page after; absent on the last.</param>
public sealed record JobPage(IReadOnlyList<JobSummary> Items, string? Next);
