namespace Hypernode.NodeAgent.Execution;

/// <summary>A container's output as it is written. Whoever is slow in taking it slows the container; disposing of it, once or twice, lets go.</summary>
public interface IOutputFeed : IAsyncDisposable
{
    /// <summary>With <see cref="LogPiece.End"/> at the end when nothing is missing; without, the rest is in the log. May be read once.</summary>
    /// <exception cref="IOException">It broke off; the rest is in the log.</exception>
    IAsyncEnumerable<LogPiece> ReadAsync(CancellationToken cancellationToken);
}
