using System.Buffers;
using System.Security.Cryptography;
using Hypernode.Contracts.Text;

namespace Hypernode.Storage.Blobs;

/// <summary>A new file, and what its content hashes to.</summary>
internal static class HashedFile
{
    private const int BufferBytes = 64 * 1024;

    /// <summary>It is on the disk when this returns.</summary>
    /// <exception cref="InvalidDataException">More than <paramref name="maxBytes"/>.</exception>
    public static async Task<(Hash256 Sha256, long Bytes)> WriteAsync(Stream content, string path, long maxBytes, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            await using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
            long bytes = 0;
            for (int read; (read = await content.ReadAsync(buffer, cancellationToken)) > 0;)
            {
                bytes += read;
                if (bytes > maxBytes)
                {
                    throw new InvalidDataException($"more than {maxBytes} bytes");
                }

                sha.AppendData(buffer, 0, read);
                await file.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            }

            file.Flush(flushToDisk: true);
            return (Hash256.FromBytes(sha.GetHashAndReset()), bytes);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
