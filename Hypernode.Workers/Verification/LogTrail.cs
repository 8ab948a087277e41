using System.Text;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;

namespace Hypernode.Workers.Verification;

/// <summary>
/// What the oracle keeps of an attempt's log, folded chunk by chunk: the chain recomputed, when the chunks reached us, and the
/// end of the job's own output. Its size does not grow with the log.
/// </summary>
public sealed class LogTrail
{
    private const int TailBytes = 16 * 1024;

    private readonly List<byte> _tail = [];

    public long Count { get; private set; }

    /// <summary>The recomputed hash of the last chunk; zero when there is none.</summary>
    public Hash256 Root { get; private set; } = Hash256.Zero;

    /// <summary>No gap, and every chunk carries the hash that we compute for it.</summary>
    public bool ChainHolds { get; private set; } = true;

    public DateTimeOffset? FirstReceivedAt { get; private set; }

    public DateTimeOffset? LastReceivedAt { get; private set; }

    public static LogTrail Of(IEnumerable<StoredChunk> chunks)
    {
        var trail = new LogTrail();
        foreach (var chunk in chunks)
        {
            trail.Add(chunk);
        }

        return trail;
    }

    public void Add(StoredChunk stored)
    {
        var chunk = stored.Chunk;
        Root = LogChunk.ChainHash(Root, chunk.Seq, chunk.Stream, chunk.At, chunk.Data);
        ChainHolds &= chunk.Seq == Count && chunk.Hash == Root;
        Count++;
        FirstReceivedAt = FirstReceivedAt is { } first && first <= stored.ReceivedAt ? first : stored.ReceivedAt;
        LastReceivedAt = LastReceivedAt is { } last && last >= stored.ReceivedAt ? last : stored.ReceivedAt;
        if (chunk.Stream is "stdout" or "stderr")
        {
            _tail.AddRange(chunk.Data);
            _tail.RemoveRange(0, Math.Max(0, _tail.Count - TailBytes));
        }
    }

    /// <summary>The end of what the job itself wrote.</summary>
    public string Tail() => Encoding.UTF8.GetString([.. _tail]);
}
