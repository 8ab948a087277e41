namespace Hypernode.Contracts.Nodes;

public enum NodeStatus
{
    Active,
    Draining,
    Offline,
    Jailed,
    Slashed,
    Retired,
}

public static class NodeStatuses
{
    /// <summary>Such a node has no say: the broker keeps it out, what it says is dropped, its leases count as silent.</summary>
    public static bool IsRevoked(this NodeStatus status) => status is not (NodeStatus.Active or NodeStatus.Draining or NodeStatus.Offline);
}
