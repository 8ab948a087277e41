namespace Hypernode.Contracts.Timers;

/// <summary>One live timer a kind and job; setting it again replaces it.</summary>
public enum TimerKind
{
    Step,
    Match,
    Lease,
    Expiry,
}
