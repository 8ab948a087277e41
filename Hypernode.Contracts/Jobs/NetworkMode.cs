namespace Hypernode.Contracts.Jobs;

/// <summary>What a job's container may reach. Only <see cref="None"/> is offered today.</summary>
public enum NetworkMode
{
    None,
    Allowlist,
    Full,
}
