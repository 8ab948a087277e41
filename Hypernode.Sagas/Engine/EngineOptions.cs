using System.ComponentModel.DataAnnotations;

namespace Hypernode.Sagas.Engine;

/// <summary>How the engine delivers, bound from <c>Hypernode:Engine</c>.</summary>
public sealed class EngineOptions
{
    public const string Section = "Hypernode:Engine";

    /// <summary>
    /// True on a durable broker: an outbox row goes once the broker has confirmed. False on the in-memory transport: it goes
    /// only when its consumer has committed, so that a crash loses nothing.
    /// </summary>
    public bool BrokerIsDurable { get; set; } = true;

    /// <summary>
    /// A row that is older than this was left behind, in seconds. Well below the start patience: a lease whose command is
    /// sent later than that is lost before it begins.
    /// </summary>
    [Range(1, 3_600)]
    public int RelayAfterSeconds { get; set; } = 5;

    /// <summary>A timer that fired and that its job did not answer fires again after this, in seconds.</summary>
    [Range(5, 3_600)]
    public int TimerAgainSeconds { get; set; } = 60;

    /// <summary>Between two looks for due timers, in milliseconds.</summary>
    [Range(10, 60_000)]
    public int TimerPumpMilliseconds { get; set; } = 200;

    /// <summary>Timers or leftovers taken at once.</summary>
    [Range(1, 10_000)]
    public int Batch { get; set; } = 256;

    /// <summary>Transitions at once on one host.</summary>
    [Range(1, 1_024)]
    public int Concurrency { get; set; } = 16;
}
