using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;

namespace Hypernode.NodeAgent.Adapters.Files;

/// <summary>
/// Blobs in a folder that agent and control plane share, in the control plane's own layout: <c>ab/cd/abcd…</c>. A blob appears
/// whole or not at all.
/// </summary>
public sealed class FolderBlobStore(string root) : IBlobStore
{
    public async Task<(Hash256 Sha256, long Bytes)> PutAsync(Stream content, long maxBytes, CancellationToken cancellationToken)
    {
        var pending = Directory.CreateDirectory(Path.Combine(root, "tmp")).FullName;
        var temporary = Path.Combine(pending, Path.GetRandomFileName());
        try
        {
            var (sha256, bytes) = await WrittenFile.WriteAsync(content, temporary, maxBytes, cancellationToken);
            var path = PathOf(sha256);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.Move(temporary, path, overwrite: true); // equal names have equal content
            return (sha256, bytes);
        }
        finally
        {
            File.Delete(temporary); // nothing to delete when it was renamed
        }
    }

    public Task<Stream?> OpenAsync(Hash256 sha256, CancellationToken cancellationToken)
    {
        var path = PathOf(sha256);
        return Task.FromResult<Stream?>(File.Exists(path) ? File.OpenRead(path) : null);
    }

    private string PathOf(Hash256 sha256)
    {
        var hex = sha256.ToString();
        return Path.Combine(root, hex[..2], hex[2..4], hex);
    }
}
