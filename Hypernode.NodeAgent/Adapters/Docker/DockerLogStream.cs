using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Hypernode.NodeAgent.Execution;

namespace Hypernode.NodeAgent.Adapters.Docker;

/// <summary>The engine's multiplexed stream: a header of 8 bytes (stream, 3 zeros, length big-endian), then the data.</summary>
internal static class DockerLogStream
{
    public static async IAsyncEnumerable<LogPiece> ReadAsync(Stream stream, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var header = new byte[8];
        while (true)
        {
            var got = await stream.ReadAtLeastAsync(header, header.Length, throwOnEndOfStream: false, cancellationToken);
            if (got == 0)
            {
                yield break;
            }

            if (got < header.Length)
            {
                throw new EndOfStreamException("the log broke off in a header");
            }

            var name = header[0] == 2 ? "stderr" : "stdout";
            var left = (int)BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(4));
            while (left > 0)
            {
                var buffer = new byte[Math.Min(left, 32 * 1024)];
                var read = await stream.ReadAsync(buffer, cancellationToken);
                if (read == 0)
                {
                    throw new EndOfStreamException("the log broke off");
                }

                left -= read;
                yield return new LogPiece(name, buffer.AsMemory(0, read));
            }
        }
    }
}
