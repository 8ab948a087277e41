using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;

namespace Hypernode.Workers.Verification;

/// <summary>Everything that the oracle looks at, gathered before it judges: the checks are pure.</summary>
/// <param name="Payment">Null: the chain has no such payment.</param>
/// <param name="SignatureHolds">The receipt is signed by the node's registered key.</param>
/// <param name="LeasedGpus">Frozen with the lease; null: none.</param>
public sealed record Evidence(
    JobView Job,
    LeaseView Lease,
    NodeView Node,
    StoredReceipt Stored,
    bool SignatureHolds,
    LogTrail Log,
    EscrowView? Payment,
    Deployment Deployment,
    IReadOnlyList<string>? LeasedGpus = null)
{
    public Receipt Receipt => Stored.Receipt;

    /// <summary>What our own clock saw of the run: what is charged.</summary>
    public TimeSpan Delivered => DeliveredOn(Lease);

    public static TimeSpan DeliveredOn(LeaseView lease) =>
        lease is { FirstBeatAt: { } first, LastBeatAt: { } last } && last > first ? last - first : TimeSpan.Zero;
}
