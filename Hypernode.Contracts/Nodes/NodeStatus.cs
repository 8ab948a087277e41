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
