namespace Hypernode.Client;

/// <summary>How patient a client is.</summary>
public sealed record ClientOptions
{
    /// <summary>How often a request is sent at most, where sending it again is safe; 1: never again.</summary>
    public int MaxTries { get; init; } = 4;

    /// <summary>Before the second try; twice as long before each that follows.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>The longest wait between two tries; a server that asks for more is not waited for.</summary>
    public TimeSpan LongestDelay { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Between two looks at a job that is waited for.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(1);
}
