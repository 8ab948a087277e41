using System.ComponentModel.DataAnnotations;

namespace Hypernode.Sagas.Engine;

/// <summary>How the engine commits and delivers, bound from <c>Hypernode:Engine</c>.</summary>
public sealed class EngineOptions
{
    public const string Section = "Hypernode:Engine";

    /// <summary>
    /// Commands that a worker in this process takes straight from the commit, when this process hosts it; the others go by
    /// queue. Names of commands, separated by commas, or *.
    /// </summary>
    [Required]
    public string Local { get; set; } = "*";

    /// <summary>Of those, the ones that are answered inside the transition that asks: no message, no commit of their own.</summary>
    public string Fused { get; set; } = "VerifyIntent, MatchJob, VerifyResult";

    /// <summary>True where no other process uses this storage: what a dead process was at is taken up at the start, without waiting for its time to pass.</summary>
    public bool OnlyHost { get; set; }

    /// <summary>Transitions, timers or leftovers in one batch.</summary>
    [Range(1, 10_000)]
    public int Batch { get; set; } = 256;

    /// <summary>
    /// Under load the commit loop waits so long, in milliseconds, before the next transaction: it then carries more transitions
    /// for nearly the same price. 0: never.
    /// </summary>
    [Range(0, 1_000)]
    public int GatherMilliseconds { get; set; } = 2;

    /// <summary>Load is a transaction with so many transitions; a lone job's transitions never wait.</summary>
    [Range(2, 10_000)]
    public int GatherFrom { get; set; } = 3;

    /// <summary>Jobs that stay in memory between two messages; 0: none.</summary>
    [Range(0, 1_000_000)]
    public int CachedJobs { get; set; } = 4_096;

    /// <summary>Messages of a kind at once: transitions from the queue, commands of each worker beside the saga.</summary>
    [Range(1, 1_024)]
    public int Concurrency { get; set; } = 64;

    /// <summary>
    /// An outbox row is its host's for so long, in seconds, and longer while the host is at it; then any host's relay takes it.
    /// Well below the start patience: a lease whose command is sent later than that is lost before it begins.
    /// </summary>
    [Range(2, 3_600)]
    public int TakeSeconds { get; set; } = 10;

    /// <summary>A row whose message waits in a queue is sent again after this, in seconds, when nobody has answered.</summary>
    [Range(2, 3_600)]
    public int QueuePatienceSeconds { get; set; } = 30;

    /// <summary>A timer that fired and that its job did not answer fires again after this, in seconds.</summary>
    [Range(5, 3_600)]
    public int TimerAgainSeconds { get; set; } = 30;

    /// <summary>Between two looks for due timers, in milliseconds.</summary>
    [Range(10, 60_000)]
    public int TimerPumpMilliseconds { get; set; } = 200;

    /// <summary>For so long a message that comes twice is known by its id, in days. What comes later meets the job's own state.</summary>
    [Range(1, 3_650)]
    public int InboxRetentionDays { get; set; } = 7;
}
