using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;

namespace Hypernode.NodeAgent.Leases;

public enum JournalKind
{
    /// <summary>The command is ours to answer from here on.</summary>
    Accepted,

    /// <summary>A container runs.</summary>
    Started,

    /// <summary>The control plane wants no result any more (it may say so before it said "execute").</summary>
    Stopped,

    Declined,
    Reported,

    /// <summary>The control plane has the outcome.</summary>
    Confirmed,
}

/// <summary>One line of the agent's journal. Only the fields of its kind are set.</summary>
/// <param name="At">ms since the epoch.</param>
public sealed record JournalRecord(
    JournalKind Kind,
    JobId JobId,
    int Attempt,
    long At,
    ExecuteJob? Command = null,
    string? Container = null,
    AttemptDeclined? Declined = null,
    AttemptReported? Reported = null);

/// <summary>What the journal knows of a job: its latest attempt.</summary>
public sealed class JournalEntry(JobId jobId, int attempt)
{
    public JobId JobId { get; } = jobId;

    public int Attempt { get; } = attempt;

    /// <summary>Null when a stop came first: the attempt is fenced off and will never run here.</summary>
    public ExecuteJob? Command { get; set; }

    public string? Container { get; set; }

    public bool StopRequested { get; set; }

    /// <summary>A decline or a report.</summary>
    public NodeMessage? Outcome { get; set; }

    public bool Confirmed { get; set; }
}
