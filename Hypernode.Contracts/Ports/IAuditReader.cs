using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;

namespace Hypernode.Contracts.Ports;

/// <summary>
/// What the tables say, for who recomputes the invariants over them: it only reads, believes nothing, and never holds more than
/// a page. Nothing of what a job holds (script, files, signatures) is among it.
/// </summary>
public interface IAuditReader
{
    /// <summary>
    /// At most <paramref name="limit"/> jobs in the order of their ids, after <paramref name="after"/>. A job's parts may be read a
    /// moment apart: whatever changes them raises its version, so what looks wrong is looked at a second time.
    /// </summary>
    Task<IReadOnlyList<JobFacts>> PageAsync(JobId? after, int limit, CancellationToken cancellationToken);

    /// <summary>Null: no such job.</summary>
    Task<JobFacts?> FindAsync(JobId job, CancellationToken cancellationToken);

    /// <summary>I6: at most <paramref name="limit"/> jobs whose wallet has used their nonce for another job as well.</summary>
    Task<IReadOnlyList<string>> RepeatedNoncesAsync(int limit, CancellationToken cancellationToken);

    /// <summary>I10: at most <paramref name="limit"/> jobs that hold a slot which another holds as well.</summary>
    Task<IReadOnlyList<string>> SharedSlotsAsync(int limit, CancellationToken cancellationToken);

    /// <summary>I8: at most <paramref name="limit"/> messages, timers, leases and steps of a history that belong to no job.</summary>
    Task<IReadOnlyList<string>> OrphansAsync(int limit, CancellationToken cancellationToken);

    /// <summary>At most <paramref name="limit"/> jobs that have not ended, in the order of their ids, after <paramref name="after"/>.</summary>
    Task<IReadOnlyList<OpenJob>> OpenAsync(JobId? after, int limit, CancellationToken cancellationToken);
}

/// <summary>A job as its rows have it. Sums are base units; negative ones can only be of a broken row.</summary>
/// <param name="Ended">It has a time of completion.</param>
/// <param name="SettleBy">Seconds since the epoch.</param>
/// <param name="Timers">How many are armed.</param>
/// <param name="Messages">How many outbox rows it has.</param>
/// <param name="Intent">Null: nobody signed anything for it.</param>
/// <param name="Sums">Null: no payment of it has ended.</param>
/// <param name="RunLimit">How long it may run; only of one that was refunded because attempts or time were used up.</param>
public sealed record JobFacts(
    JobId Id,
    string State,
    int Version,
    int Attempt,
    string? Outcome,
    bool Ended,
    long Amount,
    long SettleBy,
    string? ExecutionHash,
    IntentFacts? Intent,
    SettlementFacts? Sums,
    TimeSpan? RunLimit,
    int Timers,
    int Messages,
    IReadOnlyList<StepFacts> History,
    IReadOnlyList<LeaseFacts> Leases,
    IReadOnlyList<ReceiptFacts> Receipts);

/// <param name="Client">The wallet.</param>
/// <param name="Amount">What was agreed to be locked: the deposit's, where there is one.</param>
public sealed record IntentFacts(IntentId Id, string Client, long Amount);

/// <summary>Base units.</summary>
public sealed record SettlementFacts(long Charge, long NodeShare, long ProtocolFee, long PlatformFee, long Refund);

/// <param name="Version">The job's, after the transition that this step is of.</param>
public sealed record StepFacts(int Version, string State, string Cause, int Attempt, DateTimeOffset At);

/// <param name="Authority">The wallet that the node earns for; null: no such node.</param>
public sealed record LeaseFacts(int Attempt, string NodeId, int Slot, bool Live, string? Authority);

/// <param name="Hash">SHA-256 of the receipt: the execution hash on chain.</param>
public sealed record ReceiptFacts(int Attempt, string NodeId, string Hash);

/// <param name="Since">When it entered its state; null: its history is empty.</param>
/// <param name="Due">Its soonest timer; null: it has none.</param>
/// <param name="Messages">How many outbox rows it has.</param>
/// <param name="SettleBy">Seconds since the epoch.</param>
public sealed record OpenJob(JobId Id, string State, DateTimeOffset CreatedAt, DateTimeOffset? Since, DateTimeOffset? Due, int Messages, long SettleBy);
