using System.Collections.Concurrent;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;

namespace Hypernode.NodeAgent.Tests.Fakes;

internal sealed class MemoryBlobs : IBlobStore
{
    private readonly ConcurrentDictionary<Hash256, byte[]> _blobs = new();

    public Hash256 Add(byte[] content)
    {
        var hash = Hash256.Of(content);
        _blobs[hash] = content;
        return hash;
    }

    public string Text(Hash256 hash) => System.Text.Encoding.UTF8.GetString(_blobs[hash]);

    public async Task<(Hash256 Sha256, long Bytes)> PutAsync(Stream content, long maxBytes, CancellationToken cancellationToken)
    {
        using var copy = new MemoryStream();
        await content.CopyToAsync(copy, cancellationToken);
        return copy.Length > maxBytes ? throw new InvalidDataException("too large") : (Add(copy.ToArray()), copy.Length);
    }

    public Task<Stream?> OpenAsync(Hash256 sha256, CancellationToken cancellationToken) =>
        Task.FromResult<Stream?>(_blobs.TryGetValue(sha256, out var content) ? new MemoryStream(content) : null);
}
