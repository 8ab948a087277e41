using Hypernode.Api.Http;
using Hypernode.Api.OpenApi;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace Hypernode.Api.Jobs;

/// <summary>Why a job is where it is, and what happens next; nothing of what it holds, so operators may see it too.</summary>
internal static class JobExplainEndpoints
{
    public static void MapJobExplain(this IEndpointRouteBuilder jobs) =>
        jobs.MapGet("/{jobId}/explain", ExplainAsync)
            .AnswersTagged<JobExplanation>()
            .WithSummary("Each decision of a job's life with its cause and its evidence, what it waits for now, and what happens when nothing comes.");

    private static async Task<IResult> ExplainAsync(
        HttpContext context,
        string jobId,
        IJobReader jobs,
        IStandingReader standing,
        IEvidence evidence,
        IOutlook outlook,
        IOptions<WorkflowWindows> windows,
        CancellationToken cancellationToken)
    {
        var job = context.JobOf(jobId);
        var stands = await standing.OfJobAsync(job.Id, cancellationToken)
            ?? throw new InvalidOperationException("a job that was just found does not stand anywhere");
        var history = await jobs.HistoryAsync(job.Id, cancellationToken);
        var attempts = new List<AttemptExplanation>();
        foreach (var lease in stands.Leases)
        {
            var receipt = await evidence.FindReceiptAsync(job.Id, lease.Attempt, cancellationToken);
            var result = stands.Result is { } last && last.Attempt == lease.Attempt ? last : null;
            attempts.Add(AttemptExplanation.Of(lease, receipt, result, result is null ? [] : outlook.ChecksOf(result)));
        }

        var matching = job.State == JobStateNames.Matching
            ? MatchingExplanation.Of(await outlook.OfJobAsync(
                new WaitingJob(job.Id, job.Spec, job.Intent.Amount, job.SettleBy, [.. stands.Leases.Where(l => !l.Live).Select(l => l.NodeId)]), cancellationToken))
            : null;
        return TaggedAnswer.Of(new JobExplanation(
            job.Id.ToString(),
            JobSummary.StateOf(job.State),
            JobStateNames.ToStatus(job.State),
            job.Outcome,
            job.Attempt,
            windows.Value.MaxAttempts,
            stands.Cancelling,
            JobReasons.WaitingFor(job, stands, matching),
            [.. JobReasons.Deadlines(job, stands, windows.Value)],
            [.. history.Select(JobReasons.Decision)],
            attempts,
            matching,
            job.Signatures,
            stands.Pending is { } pending ? new PendingExplanation(pending.Signature, pending.LastValidBlockHeight) : null));
    }
}

/// <summary>Codes are stable, texts are for people.</summary>
/// <param name="MaxAttempts">So many nodes may try.</param>
/// <param name="Cancelling">The payer has asked for its end.</param>
/// <param name="WaitingFor">What would move it on; when it has ended: how.</param>
/// <param name="Deadlines">What happens when nothing comes, the soonest first; none when it has ended.</param>
/// <param name="Decisions">Its life so far, in order.</param>
/// <param name="Attempts">One a node that had it.</param>
/// <param name="Matching">Only while it looks for a node.</param>
/// <param name="Transactions">Signatures on chain, in order.</param>
/// <param name="Pending">A transaction whose answer is not known yet: it is asked for, never guessed.</param>
public sealed record JobExplanation(
    string JobId,
    string State,
    string Status,
    string? Outcome,
    int Attempt,
    int MaxAttempts,
    bool Cancelling,
    ReasonAnswer WaitingFor,
    IReadOnlyList<DeadlineAnswer> Deadlines,
    IReadOnlyList<DecisionAnswer> Decisions,
    IReadOnlyList<AttemptExplanation> Attempts,
    MatchingExplanation? Matching,
    IReadOnlyList<string> Transactions,
    PendingExplanation? Pending);

public sealed record ReasonAnswer(string Code, string Text);

/// <param name="At">ms since the epoch.</param>
public sealed record DeadlineAnswer(string Code, long At, string Text);

/// <param name="Code">The event that decided it.</param>
/// <param name="Detail">What the event said beside its name: a code, failed checks, a reason.</param>
/// <param name="At">ms since the epoch.</param>
public sealed record DecisionAnswer(string State, string Code, string? Detail, string Text, int Attempt, long At);

/// <summary>A node's turn: who, at what price, from when to when, what it reported and what the oracle said of it.</summary>
/// <param name="RatePerSecond">Base units.</param>
/// <param name="TakenAt">ms since the epoch, as all times here.</param>
/// <param name="FirstBeatAt">From here it is charged for.</param>
/// <param name="Live">It holds the job now.</param>
public sealed record AttemptExplanation(
    int Attempt,
    string NodeId,
    int Slot,
    ulong RatePerSecond,
    long TakenAt,
    long? FirstBeatAt,
    long? LastBeatAt,
    bool Live,
    ReceiptExplanation? Receipt,
    VerdictExplanation? Verdict)
{
    internal static AttemptExplanation Of(
        LeaseView lease, StoredReceipt? stored, Contracts.Events.ResultVerified? result, IReadOnlyList<CheckOutcome> checks) => new(
        lease.Attempt,
        lease.NodeId.ToString(),
        lease.Slot,
        lease.RatePerSecond.BaseUnits,
        lease.TakenAt.ToUnixTimeMilliseconds(),
        lease.FirstBeatAt?.ToUnixTimeMilliseconds(),
        lease.LastBeatAt?.ToUnixTimeMilliseconds(),
        lease.Live,
        stored is null ? null : ReceiptExplanation.Of(stored),
        result is null ? null : new VerdictExplanation(
            result.Verdict.ToString(), result.Score, result.Charge.BaseUnits, result.Detail, [.. checks.Select(c => new CheckAnswer(c.Name, c.Weight, c.Gate, c.Held))]));
}

/// <param name="Hash">SHA-256 of the receipt: the execution hash on chain.</param>
/// <param name="Signature">Base58, by the node's key.</param>
/// <param name="ReceivedAt">ms since the epoch.</param>
public sealed record ReceiptExplanation(string Hash, string Signature, int ExitCode, bool TimedOut, bool OutOfMemory, long LogCount, int Files, long ReceivedAt)
{
    internal static ReceiptExplanation Of(StoredReceipt stored) => new(
        stored.Receipt.Hash().ToString(),
        stored.Signature,
        stored.Receipt.ExitCode,
        stored.Receipt.TimedOut,
        stored.Receipt.OutOfMemory,
        stored.Receipt.LogCount,
        stored.Receipt.Artifacts.Count,
        stored.ReceivedAt.ToUnixTimeMilliseconds());
}

/// <param name="Score">Of 10,000.</param>
/// <param name="Charge">Base units.</param>
/// <param name="Checks">Empty where nothing was checked: a metered cancellation.</param>
public sealed record VerdictExplanation(string Verdict, int Score, ulong Charge, string Detail, IReadOnlyList<CheckAnswer> Checks);

/// <param name="Weight">Ten-thousandths of the score.</param>
/// <param name="Gate">Must hold, whatever the score.</param>
public sealed record CheckAnswer(string Name, int Weight, bool Gate, bool Held);

/// <summary>The market as the job's matcher sees it at this moment.</summary>
/// <param name="Fitting">Nodes that fit and are free: one of them is taken at the next look.</param>
public sealed record MatchingExplanation(int Nodes, int Fitting, string Text, IReadOnlyList<CountedReason> Reasons)
{
    internal static MatchingExplanation Of(MatchOutlook outlook) =>
        new(outlook.Looked, outlook.Fitting, outlook.Text, [.. outlook.Misfits.Select(m => new CountedReason(m.Code, m.Text, m.Count))]);
}

public sealed record CountedReason(string Code, string Text, int Count);

/// <param name="LastValidBlockHeight">Past this block it can't land any more.</param>
public sealed record PendingExplanation(string Signature, ulong LastValidBlockHeight);
