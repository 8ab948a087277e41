using System.Security.Cryptography;
using Hypernode.Contracts.Text;

namespace Hypernode.NodeAgent.Execution;

/// <summary>
/// What of a log is in the chain already, stream by stream: a feed and the log mix the two in different orders, and only each
/// stream by itself is the same in both. Whoever reads the log again leaves out what is known, proven by hash.
/// </summary>
/// <param name="known">Bytes and their SHA-256 for each stream that has any.</param>
internal sealed class KnownOutput(IReadOnlyDictionary<string, (long Bytes, Hash256 Hash)> known) : IDisposable
{
    private readonly Dictionary<string, Stream> _streams = known.ToDictionary(k => k.Key, k => new Stream(k.Value.Bytes, k.Value.Hash));

    /// <summary>All that is known has come by.</summary>
    public bool Passed => _streams.Values.All(s => s.Left == 0);

    /// <summary>What came in its place is something else: the log is another, or was cut.</summary>
    public bool Differs { get; private set; }

    /// <summary>What of the piece is new; nothing, once the log has proved to be another.</summary>
    public ReadOnlyMemory<byte> New(string stream, ReadOnlyMemory<byte> data)
    {
        if (_streams.TryGetValue(stream, out var seen) && seen.Left > 0)
        {
            var again = (int)Math.Min(seen.Left, data.Length);
            seen.Hash.AppendData(data.Span[..again]);
            seen.Left -= again;
            data = data[again..];
            Differs |= seen.Left == 0 && Hash256.FromBytes(seen.Hash.GetCurrentHash()) != seen.Known;
        }

        return Differs ? default : data;
    }

    public void Dispose()
    {
        foreach (var stream in _streams.Values)
        {
            stream.Hash.Dispose();
        }
    }

    private sealed class Stream(long bytes, Hash256 known)
    {
        public IncrementalHash Hash { get; } = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

        public Hash256 Known => known;

        public long Left { get; set; } = bytes;
    }
}
