namespace Hypernode.Contracts.Money;

/// <summary>What a run costs.</summary>
public static class Metering
{
    /// <summary>
    /// <c>min(amount, max(1, ⌈rate × deliveredMs / 1000⌉))</c> base units.
    /// </summary>
    /// <param name="amount">What the escrow holds.</param>
    /// <param name="ratePerSecond">Base units a second, frozen at assignment.</param>
    /// <param name="delivered">Between the first and the last beat of the paid attempt.</param>
    /// <param name="runLimit">The most that can be charged for.</param>
    public static HyperAmount Charge(HyperAmount amount, HyperAmount ratePerSecond, TimeSpan delivered, TimeSpan runLimit)
    {
        var milliseconds = (ulong)Math.Clamp((long)delivered.TotalMilliseconds, 0, (long)runLimit.TotalMilliseconds);
        var metered = ((UInt128)ratePerSecond.BaseUnits * milliseconds + 999) / 1000; // 128 bits: no product of two u64 overflows
        var atLeastOne = metered == 0 ? 1 : metered;
        return new HyperAmount((ulong)UInt128.Min(amount.BaseUnits, atLeastOne));
    }
}
