using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Timers;

namespace Hypernode.Storage.Shared;

/// <summary>What both journals must understand alike about a commit.</summary>
internal static class CommitShape
{
    /// <exception cref="ArgumentException">A lease without its job, or a history that does not end in the job's state.</exception>
    public static void Check(SagaCommit commit)
    {
        if (commit.Lease is { } lease && (commit.Job is not { } holder || holder.Id != lease.JobId))
        {
            throw new ArgumentException("a lease changes with its own job only", nameof(commit));
        }

        if (commit.Job is { Entered.Count: > 0 } job && job.Entered[^1] != job.State)
        {
            throw new ArgumentException($"the history ends in {job.Entered[^1]}, the job in {job.State}", nameof(commit));
        }
    }

    /// <summary>Outbox rows that are done with: the message itself, where it came through the outbox, and the command that it answers.</summary>
    public static Guid[] Consumed(SagaCommit commit) =>
        commit.CausedBy is { } command ? [commit.MessageId, command] : [commit.MessageId];

    /// <summary>
    /// The last change of each timer, as setting and cancelling. A job that has ended has none (I11): neither its saga's nor
    /// the intake's, which the saga does not know of, may fire for ever.
    /// </summary>
    public static (IReadOnlyList<TimerChange> Set, IReadOnlyList<TimerChange> Gone) Timers(SagaCommit commit)
    {
        var last = new Dictionary<(JobId, TimerKind), TimerChange>();
        foreach (var timer in commit.Timers)
        {
            last[(timer.JobId, timer.Kind)] = timer;
        }

        if (commit.Job is { } job && JobStateNames.IsTerminal(job.State))
        {
            foreach (var kind in Enum.GetValues<TimerKind>())
            {
                last[(job.Id, kind)] = new TimerChange(job.Id, kind, null, 0, "", "");
            }
        }

        return ([.. last.Values.Where(t => t.DueAt is not null)], [.. last.Values.Where(t => t.DueAt is null)]);
    }

    /// <summary>True when this row pays a node: its totals rise, once, as the job enters the state.</summary>
    public static bool Pays(JobRow job) => job is { State: JobStateNames.Paid, Settlement: not null, AssignedNode: not null };
}
