using Hypernode.Api.Jobs;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;

namespace Hypernode.Host.Ops;

/// <param name="Why">Which deadline is past, and what that says.</param>
/// <param name="OverdueSince">ms since the epoch, as all times here.</param>
/// <param name="WaitingFor">As the job's owner is told.</param>
/// <param name="Deadlines">What happens when nothing comes, the soonest first.</param>
/// <param name="Cause">What brought it into its state.</param>
internal sealed record StuckJob(
    string JobId, string State, int Attempt, string? NodeId, long Since, ReasonAnswer Why, long OverdueSince, ReasonAnswer WaitingFor,
    IReadOnlyList<DeadlineAnswer> Deadlines, DecisionAnswer? Cause, string? PendingTransaction);

/// <param name="Open">Jobs that have not ended: all of them were looked at.</param>
/// <param name="More">There are more than are listed.</param>
internal sealed record StuckReport(long Open, bool More, IReadOnlyList<StuckJob> Jobs);

/// <summary><c>ops stuck</c>: jobs that are past a deadline of theirs, page by page over those that have not ended.</summary>
internal sealed class StuckJobs(IAuditReader rows, IJobReader jobs, IStandingReader standing, WorkflowWindows windows, TimeProvider time)
{
    private const int PageSize = 500;

    /// <summary>A timer that is due fires within seconds; one that is a minute late is nobody's.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(60);

    public async Task<StuckReport> ReadAsync(int limit, CancellationToken cancellationToken)
    {
        var (open, more) = (0L, false);
        var found = new List<StuckJob>();
        JobId? after = null;
        while (true)
        {
            var page = await rows.OpenAsync(after, PageSize, cancellationToken);
            foreach (var job in page)
            {
                open++;
                if (Overdue(job, time.GetUtcNow()) is not var (since, why))
                {
                    continue;
                }

                more |= found.Count == limit;
                if (found.Count < limit && await DescribeAsync(job, why, since, cancellationToken) is { } stuck)
                {
                    found.Add(stuck);
                }
            }

            if (page.Count < PageSize)
            {
                return new(open, more, found);
            }

            after = page[^1].Id;
        }
    }

    /// <summary>Which deadline is past, the worst first; null: none.</summary>
    internal (DateTimeOffset Since, ReasonAnswer Why)? Overdue(OpenJob job, DateTimeOffset now)
    {
        var entered = job.Since ?? job.CreatedAt;
        if (job is { Due: null, Messages: 0 })
        {
            return (entered, new("stranded", "no timer and no message: nothing would ever move it (I7); the re-drive finds it within a minute, if a host runs"));
        }

        if (windows.ExpiresAt(job.SettleBy) is var end && now > end + Grace)
        {
            return (end, new("past-settle-by", "settle_by and its grace are past, and it has not ended"));
        }

        if (job.Due is { } due && now > due + Grace)
        {
            return (due, new("timer-overdue", "a timer was due and has not been handled: no saga host runs, or its message fails (see ops errors)"));
        }

        return PatienceOf(job.State) is { } patience && now > entered + patience
            ? (entered + patience, new("answer-overdue", "it has been asking for longer than that takes: the worker or the chain does not answer"))
            : null;
    }

    /// <summary>How long a state's question may take; null: as long as settle_by, or the lease's own timer, allows.</summary>
    private TimeSpan? PatienceOf(string state) => state switch
    {
        JobStateNames.Initial or JobStateNames.Submitted or JobStateNames.IntentVerified or JobStateNames.EscrowPending =>
            TimeSpan.FromSeconds(4 * windows.StepSeconds) + Grace,
        JobStateNames.Executed or JobStateNames.Verified or JobStateNames.SettlementPending or JobStateNames.Refunding =>
            TimeSpan.FromSeconds(windows.VerificationSeconds) + Grace,
        _ => null,
    };

    private async Task<StuckJob?> DescribeAsync(OpenJob open, ReasonAnswer why, DateTimeOffset since, CancellationToken cancellationToken)
    {
        var job = await jobs.FindAsync(open.Id, cancellationToken);
        var stands = await standing.OfJobAsync(open.Id, cancellationToken);
        if (job is null || stands is null || JobStateNames.IsTerminal(job.State))
        {
            return null; // it has ended meanwhile
        }

        var history = await jobs.HistoryAsync(open.Id, cancellationToken);
        return new(
            job.Id.ToString(),
            job.State,
            job.Attempt,
            job.AssignedNode?.ToString(),
            (open.Since ?? open.CreatedAt).ToUnixTimeMilliseconds(),
            why,
            since.ToUnixTimeMilliseconds(),
            JobReasons.WaitingFor(job, stands, null),
            [.. JobReasons.Deadlines(job, stands, windows)],
            history.Count == 0 ? null : JobReasons.Decision(history[^1]),
            stands.Pending?.Signature);
    }
}
