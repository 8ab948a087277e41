using System.Runtime.CompilerServices;
using Hypernode.NodeAgent.Execution;

namespace Hypernode.NodeAgent.Adapters.Docker;

/// <summary>
/// The engine's multiplexed stream. A log's lines are frames of their own, so what has come by one read is taken apart in
/// memory and handed on as one piece a stream: two reads and a piece for each line cost more than all that is done with the log afterwards.
/// </summary>
internal static class DockerLogStream
{
    /// <summary>Held by each follower, for as long as its job runs.</summary>
    private const int BufferBytes = 32 * 1024;

    /// <exception cref="IOException">It broke off in a frame, or is no such stream.</exception>
    public static async IAsyncEnumerable<LogPiece> ReadAsync(Stream stream, DockerLogFrames frames, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var buffer = new byte[BufferBytes];
        while (await stream.ReadAsync(buffer, cancellationToken) is > 0 and var read)
        {
            foreach (var piece in frames.Take(buffer.AsSpan(0, read)))
            {
                yield return piece;
            }
        }

        frames.End();
    }
}
