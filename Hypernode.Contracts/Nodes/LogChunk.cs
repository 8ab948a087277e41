using System.Buffers.Binary;
using System.Security.Cryptography;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Text;

namespace Hypernode.Contracts.Nodes;

/// <summary>A piece of a job's output, in order, chained by hash.</summary>
/// <param name="Seq">From 0, without gaps.</param>
/// <param name="Stream"><c>agent</c>, <c>stdout</c> or <c>stderr</c>.</param>
/// <param name="At">ms since the epoch, of the node's clock.</param>
/// <param name="Data">At most <see cref="MaxBytes"/> raw bytes (base64 in JSON).</param>
/// <param name="Hash">See <see cref="ChainHash"/>.</param>
public sealed record LogChunk(JobId JobId, int Attempt, long Seq, string Stream, long At, byte[] Data, Hash256 Hash)
{
    public const int MaxBytes = 32 * 1024;

    /// <summary>SHA-256("HYPERNODE/log/v1" ‖ previous hash ‖ seq u64le ‖ at i64le ‖ length u32le of stream ‖ stream ‖ data).</summary>
    public static Hash256 ChainHash(Hash256 previous, long seq, string stream, long at, ReadOnlySpan<byte> data)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> numbers = stackalloc byte[20];
        var name = System.Text.Encoding.UTF8.GetBytes(stream);
        BinaryPrimitives.WriteInt64LittleEndian(numbers, seq);
        BinaryPrimitives.WriteInt64LittleEndian(numbers[8..], at);
        BinaryPrimitives.WriteInt32LittleEndian(numbers[16..], name.Length);
        sha.AppendData("HYPERNODE/log/v1"u8);
        sha.AppendData(previous.ToBytes());
        sha.AppendData(numbers);
        sha.AppendData(name);
        sha.AppendData(data);
        return Hash256.FromBytes(sha.GetHashAndReset());
    }
}
