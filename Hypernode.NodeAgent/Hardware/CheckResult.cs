namespace Hypernode.NodeAgent.Hardware;

public enum CheckState
{
    Ok,

    /// <summary>Jobs run, with less than there could be.</summary>
    Note,

    /// <summary>A job could not run.</summary>
    Failed,
}

/// <summary>One thing that was looked at.</summary>
/// <param name="Detail">What was found.</param>
/// <param name="Remedy">How to mend it, in one line; null when there is nothing to mend.</param>
public sealed record CheckResult(string Name, CheckState State, string Detail, string? Remedy = null);

/// <summary>Where the node's neighbours are; null: not set, and then it is said.</summary>
public sealed record Surroundings(Uri? Api, Uri? Rpc);
