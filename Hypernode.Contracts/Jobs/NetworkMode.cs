namespace Hypernode.Contracts.Jobs;

/// <summary>What a job's container may reach. Every node gives <see cref="None"/>; the others by its operator's will.</summary>
public enum NetworkMode
{
    None,

    /// <summary>What <see cref="JobSpec.NetworkAllow"/> names, through the agent's proxy.</summary>
    Allowlist,

    /// <summary>Any public address, through the agent's proxy; never the provider's own networks.</summary>
    Full,
}
