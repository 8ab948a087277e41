using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;

namespace Hypernode.Sagas.Invariants;

/// <summary>
/// The invariants that can be told from a row and the chain's word on it, each once: the simulator asks at every commit, an
/// operator's audit asks of a whole database.
/// </summary>
public static class JobRules
{
    /// <summary>I1: what was taken is what was charged and what went back.</summary>
    public static bool AddsUp(ulong amount, ulong charge, ulong refund) => (UInt128)charge + refund == amount;

    /// <summary>I1: nothing of a charge is lost on the way to its three receivers.</summary>
    public static bool SharesAddUp(ulong charge, ulong node, ulong protocol, ulong platform) => (UInt128)node + protocol + platform == charge;

    /// <summary>I7: what has not ended is woken by something.</summary>
    public static bool IsAwaited(string state, bool hasTimer, bool hasMessage) => JobStateNames.IsTerminal(state) || hasTimer || hasMessage;

    /// <summary>I10: a job holds its slot as long as its attempt, and no longer.</summary>
    public static bool HoldsSlot(string state) => state is JobStateNames.Assigned or JobStateNames.Executing or JobStateNames.Executed;

    /// <summary>I2, I5: an ended job ended on chain as it did here. Of one that has not ended nothing is said: the chain may be ahead.</summary>
    /// <param name="payment">Null: the chain has none.</param>
    /// <param name="charge">Base units.</param>
    public static bool EndsAlike(string state, ulong charge, EscrowView? payment) => state switch
    {
        JobStateNames.Paid => payment is { Status: EscrowStatus.Completed } && payment.Charge.BaseUnits == charge,
        JobStateNames.Refunded => payment is { Status: EscrowStatus.Refunded },
        JobStateNames.Rejected => payment is null or { Status: EscrowStatus.Refunded },
        _ => true,
    };

    /// <summary>I4: the only states in which the chain may already have paid.</summary>
    public static bool MayBePaidOnChain(string state) =>
        state is JobStateNames.SettlementPending or JobStateNames.Refunding or JobStateNames.Paid;
}
