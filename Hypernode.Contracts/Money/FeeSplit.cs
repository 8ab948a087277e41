namespace Hypernode.Contracts.Money;

/// <summary>How a charge is shared: protocol ⌊charge/10⌋, platform ⌊charge/20⌋, the node the rest. The three add up to the charge exactly.</summary>
public sealed record FeeSplit(HyperAmount NodeShare, HyperAmount ProtocolFee, HyperAmount PlatformFee)
{
    public static FeeSplit Of(HyperAmount charge)
    {
        var protocol = new HyperAmount(charge.BaseUnits / 10);
        var platform = new HyperAmount(charge.BaseUnits / 20);
        return new FeeSplit(charge - protocol - platform, protocol, platform);
    }
}
