using Hypernode.Cli.Jobs.Files;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;

namespace Hypernode.Cli.Jobs.Runs;

/// <summary>Where a run stands: what its file says, line by line.</summary>
internal sealed class RunState(RunPlan plan)
{
    private readonly Dictionary<string, JobRun> _jobs = plan.Jobs.ToDictionary(j => j.Job.Id, j => new JobRun(j.Job, j.Amount), StringComparer.Ordinal);

    public RunPlan Plan { get; } = plan;

    public bool Uploaded { get; private set; }

    public bool Cancelled { get; private set; }

    /// <summary>In the plan's order: each after those that it needs.</summary>
    public IEnumerable<JobRun> Jobs => Plan.Jobs.Select(j => _jobs[j.Job.Id]);

    public JobRun this[string id] => _jobs[id];

    public bool IsOver => Jobs.All(j => j.IsOver);

    public bool Succeeded => Jobs.All(j => j.Ended is { Succeeded: true });

    public void Apply(RunEntry entry)
    {
        switch (entry.Event)
        {
            case RunEvents.Uploaded: Uploaded = true; break;
            case RunEvents.Cancelled: Cancelled = true; break;
            case RunEvents.Begun: break;
            default: _jobs[entry.Job!].Apply(entry); break;
        }
    }
}

/// <summary>One job of a run.</summary>
internal sealed class JobRun(PlannedJob job, HyperAmount amount)
{
    public PlannedJob Job { get; } = job;

    public HyperAmount Amount { get; } = amount;

    /// <summary>Its payment; there is never a second one while this may be taken.</summary>
    public Signed? Signed { get; private set; }

    public bool Accepted { get; private set; }

    public Ended? Ended { get; private set; }

    public bool Fetched { get; private set; }

    /// <summary>Why it will not be paid for; null: it may.</summary>
    public string? Stopped { get; private set; }

    /// <summary>Its payments that have ended without success, and were followed by another.</summary>
    public IReadOnlyList<(string JobId, Ended Ended)> Earlier { get; private set; } = [];

    /// <summary>It is over, and its payment has ended for good: another one is not a second one.</summary>
    public bool CanBeRetried => Stopped is not null || Ended is { Succeeded: false };

    /// <summary>Of all its payments.</summary>
    public HyperAmount Charged => Earlier.Select(e => e.Ended).Append(Ended).Aggregate(HyperAmount.Zero, (sum, e) => sum + new HyperAmount(e?.Charge ?? 0));

    /// <summary>The API's last word; not kept.</summary>
    public string? Live { get; set; }

    public bool IsOver => Stopped is not null || (Ended is not null && Fetched);

    /// <summary>In a word, for people.</summary>
    public string Status => Stopped is not null ? "not begun"
        : Ended is { } ended ? ended.Succeeded ? "done" : ended.Outcome == nameof(RefundReason.Cancelled) ? "cancelled" : $"failed ({ended.Problem ?? ended.Outcome ?? ended.State})"
        : Accepted ? Live ?? "submitted"
        : Signed is not null ? "signed"
        : "waiting";

    public void Apply(RunEntry entry)
    {
        switch (entry.Event)
        {
            case RunEvents.Signed: (Signed, Accepted) = (entry.Signed, false); break;
            case RunEvents.Accepted: Accepted = true; break;
            case RunEvents.Dropped: Signed = null; break;
            case RunEvents.Ended: Ended = entry.Ended; break;
            case RunEvents.Fetched: Fetched = true; break;
            case RunEvents.Stopped: Stopped = entry.Reason; break;
            case RunEvents.Retried:
                Earlier = Ended is null ? Earlier : [.. Earlier, (Signed!.JobId, Ended)];
                (Signed, Accepted, Ended, Fetched, Stopped, Live) = (null, false, null, false, null, null);
                break;
        }
    }
}
