using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;

namespace Hypernode.Storage.Blobs;

/// <summary>
/// Files named by their SHA-256, in folders by its first two bytes: <c>ab/cd/abcd…</c>. A blob appears whole or not at all:
/// written beside (<c>tmp/</c>), flushed to disk, then renamed.
/// </summary>
internal sealed class FileBlobStore(string root) : IBlobStore, IBlobProbe
{
    private const int BufferBytes = 64 * 1024;

    public async Task<(Hash256 Sha256, long Bytes)> PutAsync(Stream content, long maxBytes, CancellationToken cancellationToken)
    {
        var pending = Path.Combine(root, "tmp");
        Directory.CreateDirectory(pending);
        var temporary = Path.Combine(pending, Path.GetRandomFileName());
        try
        {
            var (sha256, bytes) = await HashedFile.WriteAsync(content, temporary, maxBytes, cancellationToken);
            Publish(temporary, PathOf(sha256));
            return (sha256, bytes);
        }
        finally
        {
            File.Delete(temporary); // nothing to delete when it was renamed
        }
    }

    public Task<Stream?> OpenAsync(Hash256 sha256, CancellationToken cancellationToken)
    {
        try
        {
            return Task.FromResult<Stream?>(new FileStream(PathOf(sha256), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, BufferBytes, FileOptions.Asynchronous));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return Task.FromResult<Stream?>(null);
        }
    }

    public Task<StorageHealth> ProbeAsync(CancellationToken cancellationToken)
    {
        try
        {
            var pending = Directory.CreateDirectory(Path.Combine(root, "tmp")).FullName;
            var file = Path.Combine(pending, Path.GetRandomFileName());
            File.WriteAllText(file, "");
            File.Delete(file);
            return Task.FromResult(new StorageHealth(StorageCondition.Ok, "", TimeSpan.Zero));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Task.FromResult(new StorageHealth(StorageCondition.Unreachable, "the blobs' folder can't be written to", TimeSpan.Zero));
        }
    }

    private string PathOf(Hash256 sha256)
    {
        var hex = sha256.ToString();
        return Path.Combine(root, hex[..2], hex[2..4], hex);
    }

    private static void Publish(string temporary, string path)
    {
        var folder = Path.GetDirectoryName(path)!;
        Directory.CreateDirectory(folder);
        File.Move(temporary, path, overwrite: true); // equal names have equal content
        FolderSync.Flush(folder);
    }
}
