using System.Buffers.Binary;
using System.Text;

namespace Hypernode.Solana;

/// <summary>Account data, little-endian, fields in order. Too short is a <see cref="FormatException"/>.</summary>
internal ref struct WireReader(ReadOnlySpan<byte> data)
{
    private ReadOnlySpan<byte> rest = data;

    public byte U8() => Take(1)[0];

    public ushort U16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(2));

    public uint U32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    public ulong U64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(8));

    public long I64() => BinaryPrimitives.ReadInt64LittleEndian(Take(8));

    /// <summary>16 bytes in network order.</summary>
    public Guid Uuid() => new(Take(16), bigEndian: true);

    public PublicKey Key() => new(Take(PublicKey.Length));

    public byte[] Bytes(int count) => Take(count).ToArray();

    /// <summary>Borsh's string: its length in bytes, then UTF-8.</summary>
    public string Text() => Encoding.UTF8.GetString(Take(checked((int)Math.Min(U32(), int.MaxValue))));

    public void Expect(ReadOnlySpan<byte> prefix, string what)
    {
        if (!Take(prefix.Length).SequenceEqual(prefix))
        {
            throw new FormatException($"Not {what}.");
        }
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (rest.Length < count)
        {
            throw new FormatException("Account data ends too early.");
        }

        var taken = rest[..count];
        rest = rest[count..];
        return taken;
    }
}
