namespace Hypernode.Solana;

/// <summary>Solana's "short vec" length: 7 bits a byte, least significant first, at most three bytes.</summary>
internal static class CompactU16
{
    public static void Write(List<byte> target, int value)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, ushort.MaxValue);
        while (value > 0x7f)
        {
            target.Add((byte)(value & 0x7f | 0x80));
            value >>= 7;
        }

        target.Add((byte)value);
    }

    public static int Read(ref ReadOnlySpan<byte> source)
    {
        var value = 0;
        for (var i = 0; i < 3; i++)
        {
            if (source.IsEmpty)
            {
                break;
            }

            var b = source[0];
            source = source[1..];
            value |= (b & 0x7f) << (7 * i);
            if ((b & 0x80) != 0)
            {
                continue;
            }

            // One encoding per value, as the chain demands.
            if (value <= ushort.MaxValue && (i == 0 || b != 0))
            {
                return value;
            }

            break;
        }

        throw new FormatException("Malformed length in a transaction.");
    }
}
