using System.Buffers.Binary;
using System.Text;

namespace Hypernode.Solana;

/// <summary>Instruction data, little-endian, fields in order.</summary>
internal sealed class WireWriter
{
    private readonly List<byte> bytes = [];

    public WireWriter U8(byte value)
    {
        bytes.Add(value);
        return this;
    }

    public WireWriter U16(ushort value)
    {
        Span<byte> buffer = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(buffer, value);
        return Bytes(buffer);
    }

    public WireWriter U32(uint value)
    {
        Span<byte> buffer = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(buffer, value);
        return Bytes(buffer);
    }

    public WireWriter U64(ulong value)
    {
        Span<byte> buffer = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(buffer, value);
        return Bytes(buffer);
    }

    public WireWriter I64(long value) => U64(unchecked((ulong)value));

    /// <summary>16 bytes in network order, which is not <see cref="Guid.ToByteArray()"/>.</summary>
    public WireWriter Uuid(Guid value) => Bytes(value.ToByteArray(bigEndian: true));

    public WireWriter Key(PublicKey key) => Bytes(key.AsSpan());

    public WireWriter Bytes(ReadOnlySpan<byte> value)
    {
        bytes.AddRange(value);
        return this;
    }

    /// <summary>A field of fixed width: another length would shift every field behind it.</summary>
    public WireWriter Fixed(ReadOnlySpan<byte> value, int width, string what) => value.Length == width
        ? Bytes(value)
        : throw new ArgumentException($"{what} has {width} bytes, not {value.Length}.");

    /// <summary>Borsh's string: its length in bytes, then UTF-8.</summary>
    public WireWriter Text(string value)
    {
        var utf8 = Encoding.UTF8.GetBytes(value);
        return U32((uint)utf8.Length).Bytes(utf8);
    }

    public byte[] ToArray() => [.. bytes];
}
