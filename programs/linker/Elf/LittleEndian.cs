using System.Buffers.Binary;
using System.Text;

namespace Sbpf.Linker.Elf;

/// <summary>Little-endian fields at an offset; out of bounds is a <see cref="LinkException"/>, not a crash.</summary>
internal static class LittleEndian
{
    public static ushort U16(byte[] bytes, ulong at) => BinaryPrimitives.ReadUInt16LittleEndian(Slice(bytes, at, 2));

    public static uint U32(byte[] bytes, ulong at) => BinaryPrimitives.ReadUInt32LittleEndian(Slice(bytes, at, 4));

    public static ulong U64(byte[] bytes, ulong at) => BinaryPrimitives.ReadUInt64LittleEndian(Slice(bytes, at, 8));

    public static void Put(byte[] bytes, ulong at, uint value) =>
        BinaryPrimitives.WriteUInt32LittleEndian(Slice(bytes, at, 4), value);

    public static void Put(byte[] bytes, ulong at, ulong value) =>
        BinaryPrimitives.WriteUInt64LittleEndian(Slice(bytes, at, 8), value);

    public static ulong AlignUp(ulong value, ulong alignment) =>
        alignment <= 1 ? value : (value + alignment - 1) / alignment * alignment;

    public static string Text(byte[] bytes, ulong at)
    {
        var end = at < (ulong)bytes.Length ? Array.IndexOf(bytes, (byte)0, (int)at) : -1;
        return end < 0
            ? throw new LinkException("a name leads outside its table")
            : Encoding.ASCII.GetString(bytes, (int)at, end - (int)at);
    }

    public static Span<byte> Slice(byte[] bytes, ulong at, ulong length) =>
        at <= (ulong)bytes.Length && length <= (ulong)bytes.Length - at
            ? bytes.AsSpan((int)at, (int)length)
            : throw new LinkException("the object ends too early");
}
