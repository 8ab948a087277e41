using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Timers;

namespace Hypernode.Storage.Shared;

/// <summary>What both journals must understand alike about a commit.</summary>
internal static class CommitShape
{
    private static readonly TimerKind[] _kinds = Enum.GetValues<TimerKind>();

    /// <exception cref="ArgumentException">A lease without its job, a history that does not end in the job's state, a job or a message twice.</exception>
    public static void Check(IReadOnlyList<SagaCommit> batch)
    {
        var (jobs, messages) = (new HashSet<JobId>(batch.Count), new HashSet<Guid>(batch.Count));
        foreach (var commit in batch)
        {
            if (commit.Lease is { } lease && (commit.Job is not { } holder || holder.Id != lease.JobId))
            {
                throw new ArgumentException("a lease changes with its own job only", nameof(batch));
            }

            if (commit.Job is { Entered: [.., var last], State: var state } && last.State != state)
            {
                throw new ArgumentException($"the history ends in {last.State}, the job in {state}", nameof(batch));
            }

            if (!messages.Add(commit.MessageId) || (commit.Job is { } job && !jobs.Add(job.Id)))
            {
                throw new ArgumentException("a job or a message is in the batch twice", nameof(batch));
            }
        }
    }

    /// <summary>Outbox rows that are done with: the message itself, where it came through the outbox, and what it names.</summary>
    public static IEnumerable<Guid> Consumed(SagaCommit commit) => commit.Consumed.Prepend(commit.MessageId);

    /// <summary>The history's new rows. The first Submitted is not among them: the intake wrote it, with version 0.</summary>
    public static IEnumerable<(int Step, StateEntered Entered)> History(SagaCommit commit)
    {
        if (commit.Job is not { } job)
        {
            yield break;
        }

        for (var i = 0; i < job.Entered.Count; i++)
        {
            if (i > 0 || job.ExpectedVersion > 0 || job.Entered[0].State != JobStateNames.Submitted)
            {
                yield return (i + 1, job.Entered[i]);
            }
        }
    }

    /// <summary>
    /// The last change of each timer. A job that has ended has none (I11): neither its saga's nor the intake's, which the saga
    /// does not know of, may fire for ever.
    /// </summary>
    public static IReadOnlyCollection<TimerChange> Timers(SagaCommit commit)
    {
        var ends = commit.Job is { } ended && JobStateNames.IsTerminal(ended.State);
        if (!ends && commit.Timers.Count <= 1)
        {
            return commit.Timers;
        }

        var last = new Dictionary<(JobId, TimerKind), TimerChange>();
        foreach (var timer in commit.Timers)
        {
            last[(timer.JobId, timer.Kind)] = timer;
        }

        if (ends)
        {
            foreach (var kind in _kinds)
            {
                last[(commit.Job!.Id, kind)] = new TimerChange(commit.Job.Id, kind, null, 0, "", "");
            }
        }

        return last.Values;
    }

    /// <summary>True when this row pays a node: its totals rise, once, as the job enters the state.</summary>
    public static bool Pays(JobRow job) => job is { State: JobStateNames.Paid, Settlement: not null, AssignedNode: not null };
}
