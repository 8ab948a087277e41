using System.Collections.Concurrent;
using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Text;
using Hypernode.NodeAgent.Execution;

namespace Hypernode.NodeAgent.Tests.Fakes;

/// <summary>A store that agent and control plane share.</summary>
internal sealed class MemoryBlobs : INodeBlobs, IAttemptBlobs
{
    private readonly ConcurrentDictionary<Hash256, byte[]> _blobs = new();

    public Hash256 Add(byte[] content)
    {
        var hash = Hash256.Of(content);
        _blobs[hash] = content;
        return hash;
    }

    public IAttemptBlobs Of(ExecuteJob command, string folder) => this;

    public Task DeliverAsync(IReadOnlyCollection<Hash256> files, CancellationToken cancellationToken) => Task.CompletedTask;

    public byte[] this[Hash256 hash] => _blobs[hash];

    public IEnumerable<byte[]> All => _blobs.Values;

    /// <summary>Another content under the same name, as no honest store has it.</summary>
    public void Replace(Hash256 hash, byte[] content) => _blobs[hash] = content;

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
