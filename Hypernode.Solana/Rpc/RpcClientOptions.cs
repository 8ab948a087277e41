namespace Hypernode.Solana;

public sealed record RpcClientOptions
{
    /// <summary>For each request.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Of one read, the first included. Sends are never repeated.</summary>
    public int ReadAttempts { get; init; } = 3;

    /// <summary>Before the second attempt; twice that before the third.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(150);

    /// <summary>Questions for the status of single signatures that come within this time go out as one; zero: each by itself.</summary>
    public TimeSpan GatherStatuses { get; init; }

    /// <summary>Calls that come within this time go out as one batch; zero: each by itself.</summary>
    public TimeSpan GatherCalls { get; init; }
}
