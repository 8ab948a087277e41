using Hypernode.Contracts.Ports;

namespace Hypernode.Sagas.Invariants;

/// <summary>I9: what a slash may take is there, and each incident has cost what it says, once.</summary>
public static class StakeAudit
{
    public static IEnumerable<Finding> Of(StakeFacts node)
    {
        var atStake = (UInt128)node.Stake + node.Unstaking;
        if (node.Held < atStake)
        {
            yield return new("I9", $"{atStake} are at stake, the stake account holds {node.Held}");
        }

        if (node.PendingSlash > atStake)
        {
            yield return new("I9", $"{node.PendingSlash} may be slashed of {atStake}");
        }

        var pending = node.Incidents.Where(i => i.State == IncidentState.Pending).ToList();
        if (Sum(pending) != node.PendingSlash || pending.Count != node.PendingIncidents)
        {
            yield return new("I9", $"{pending.Count} incidents are pending for {Sum(pending)}, the node says {node.PendingIncidents} for {node.PendingSlash}");
        }

        var executed = Sum(node.Incidents.Where(i => i.State == IncidentState.Executed));
        if (executed != node.SlashedTotal)
        {
            yield return new("I9", $"{node.SlashedTotal} were slashed, the executed incidents are worth {executed}");
        }
    }

    private static UInt128 Sum(IEnumerable<IncidentFacts> incidents) => incidents.Aggregate(UInt128.Zero, (sum, i) => sum + i.Amount);
}
