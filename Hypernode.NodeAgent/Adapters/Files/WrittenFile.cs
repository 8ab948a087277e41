using System.Security.Cryptography;
using Hypernode.Contracts.Text;

namespace Hypernode.NodeAgent.Adapters.Files;

/// <summary>Files that are known by their hash.</summary>
internal static class WrittenFile
{
    /// <summary>Writes a new file, and its content's hash on the way; it is on the disk when this returns.</summary>
    /// <exception cref="InvalidDataException">More than <paramref name="maxBytes"/>.</exception>
    public static async Task<(Hash256 Sha256, long Bytes)> WriteAsync(Stream content, string path, long maxBytes, CancellationToken cancellationToken)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None);
        var buffer = new byte[81_920];
        var bytes = 0L;
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

    /// <returns>The file, read once and found right, at its beginning. Null: it has another length or content.</returns>
    public static async Task<Stream?> OpenCheckedAsync(string path, Hash256 sha256, long bytes, CancellationToken cancellationToken)
    {
        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        var right = false;
        try
        {
            right = file.Length == bytes && Hash256.FromBytes(await SHA256.HashDataAsync(file, cancellationToken)) == sha256;
            file.Position = 0;
            return right ? file : null;
        }
        finally
        {
            if (!right)
            {
                await file.DisposeAsync();
            }
        }
    }
}
