using Hypernode.Cli.Client;
using Hypernode.Cli.Jobs.Files;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Nodes;

namespace Hypernode.Cli.Jobs.Runs;

/// <summary>A line of a run file: something that is so from now on.</summary>
/// <param name="Event">One of <see cref="RunEvents"/>.</param>
/// <param name="At">ms since the epoch.</param>
/// <param name="Job">Which of the run's jobs; null: the run.</param>
/// <param name="Reason">Why it was stopped.</param>
internal sealed record RunEntry(string Event, long At, string? Job = null, RunPlan? Plan = null, Signed? Signed = null, Ended? Ended = null, string? Reason = null);

internal static class RunEvents
{
    /// <summary>The first line: all that a run needs to know, so that the job file may change.</summary>
    public const string Begun = "begun";

    /// <summary>The inputs are where nodes find them.</summary>
    public const string Uploaded = "uploaded";

    /// <summary>A payment was signed, and is sent only after this line is on the disk.</summary>
    public const string Signed = "signed";

    /// <summary>The API has the job.</summary>
    public const string Accepted = "accepted";

    /// <summary>The signed payment has run out, and neither API nor chain has seen it: the next may be signed.</summary>
    public const string Dropped = "dropped";

    public const string Ended = "ended";

    /// <summary>Its files are in the results' folder.</summary>
    public const string Fetched = "fetched";

    /// <summary>It was never paid for, and will not be.</summary>
    public const string Stopped = "stopped";

    /// <summary>It did not succeed, and its payer wants it to be paid for once more.</summary>
    public const string Retried = "retried";

    /// <summary>Nothing more is begun, and what has begun is asked to end.</summary>
    public const string Cancelled = "cancelled";
}

/// <param name="Run"><c>run-</c> and a UUID.</param>
/// <param name="Payer">The wallet's address.</param>
internal sealed record RunPlan(int Version, string Run, string File, string Payer, string Network, string Program, Funding Funding, int Concurrency, IReadOnlyList<PricedJob> Jobs)
{
    public const int Current = 1;

    /// <summary>The most that it may cost.</summary>
    public HyperAmount Total => Jobs.Aggregate(HyperAmount.Zero, (sum, j) => sum + j.Amount);
}

/// <param name="Amount">The most that it may cost.</param>
internal sealed record PricedJob(PlannedJob Job, HyperAmount Amount);

/// <summary>How a job of the run ended.</summary>
/// <param name="Succeeded">It ended well, and left what it said.</param>
/// <param name="Charge">Base units.</param>
/// <param name="Refund">Base units.</param>
/// <param name="Artifacts">By the node's signed receipt; empty where nothing was paid for.</param>
/// <param name="Problem">Why it did not succeed although it was paid for; null: its state says it.</param>
internal sealed record Ended(bool Succeeded, string State, string? Outcome, ulong Charge, ulong Refund, IReadOnlyList<Artifact> Artifacts, string? Problem = null);
