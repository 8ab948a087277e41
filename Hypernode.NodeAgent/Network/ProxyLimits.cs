namespace Hypernode.NodeAgent.Network;

/// <summary>What one job's proxy bears. A job can spoil it for itself, and for nobody else.</summary>
internal sealed record ProxyLimits
{
    /// <summary>The next one waits until another has ended; beyond what the kernel queues, connecting is refused.</summary>
    public int Connections { get; init; } = 64;

    /// <summary>New ones a second: what a job may cost the agent in doing nothing.</summary>
    public int ConnectionsPerSecond { get; init; } = 200;

    public int HeadBytes { get; init; } = 16 * 1024;

    /// <summary>For the whole head of a request, however slowly its bytes come.</summary>
    public TimeSpan Head { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>For looking up a name and connecting to it.</summary>
    public TimeSpan Connect { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>A connection on which nothing moves in either direction.</summary>
    public TimeSpan Idle { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Both directions of the whole attempt; 0: no cap.</summary>
    public long Bytes { get; init; }

    /// <summary>Refused targets that the log names, each once; the last line counts the rest.</summary>
    public int LinesOfRefusals { get; init; } = 20;
}
