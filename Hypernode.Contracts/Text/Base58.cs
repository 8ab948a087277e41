namespace Hypernode.Contracts.Text;

/// <summary>Base58 in the Bitcoin alphabet, as Solana writes keys (32 bytes) and signatures (64 bytes).</summary>
public static class Base58
{
    private const string Alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    private const int MaxCharacters = 128;

    // A number is a few 32-bit words, and so many digits at a time fit beside a word into 64 bits: an address takes 72 divisions.
    private const int DigitsAtOnce = 5;
    private const uint Radix = 58 * 58 * 58 * 58 * 58;

    private static readonly sbyte[] Values = BuildValues();

    public static string Encode(ReadOnlySpan<byte> bytes)
    {
        var body = bytes.TrimStart((byte)0);
        var count = (body.Length + 3) / 4;
        var words = count <= 32 ? stackalloc uint[count] : new uint[count];
        words.Clear();
        for (var i = 0; i < body.Length; i++)
        {
            // Big-endian words: the last byte is the end of the last one.
            var fromEnd = body.Length - 1 - i;
            words[count - 1 - (fromEnd / 4)] |= (uint)body[i] << (8 * (fromEnd % 4));
        }

        // log(256) / log(58) is below 1.38; one group may be begun and not filled.
        var room = bytes.Length - body.Length + (body.Length * 138 / 100) + 1 + DigitsAtOnce;
        var text = room <= 192 ? stackalloc char[room] : new char[room];
        var at = room;
        for (var first = 0; first < count;)
        {
            var group = DivideByRadix(words[first..]);
            first += words[first] == 0 ? 1 : 0;
            // The last group has no zeros before it: they would be written as bytes.
            for (var digit = 0; first < count ? digit < DigitsAtOnce : group > 0; digit++)
            {
                (group, var value) = Math.DivRem(group, 58u);
                text[--at] = Alphabet[(int)value];
            }
        }

        var zeros = bytes.Length - body.Length;
        text.Slice(at - zeros, zeros).Fill('1');
        return new string(text[(at - zeros)..]);
    }

    /// <summary>False for a character outside the alphabet or a text longer than 128 characters; never throws.</summary>
    public static bool TryDecode(string? text, out byte[] bytes)
    {
        Span<byte> buffer = stackalloc byte[MaxCharacters];
        var ok = TryDecode(text, buffer, out var written) && text is not null;
        bytes = ok ? buffer[..written].ToArray() : [];
        return ok;
    }

    /// <summary>False also for a value that <paramref name="bytes"/> has no room for. Two texts are never the same value.</summary>
    public static bool TryDecode(ReadOnlySpan<char> text, Span<byte> bytes, out int written)
    {
        written = 0;
        if (text.Length > MaxCharacters)
        {
            return false;
        }

        var digits = text.TrimStart('1');
        Span<uint> words = stackalloc uint[MaxCharacters / DigitsAtOnce + 1];
        var used = 0; // from the least significant word on
        while (!digits.IsEmpty)
        {
            var count = Math.Min(DigitsAtOnce, digits.Length);
            var (group, scale) = (0u, 1u);
            foreach (var c in digits[..count])
            {
                var value = c < 128 ? Values[c] : -1;
                if (value < 0)
                {
                    return false;
                }

                (group, scale) = ((group * 58) + (uint)value, scale * 58);
            }

            digits = digits[count..];
            ulong carry = group;
            for (var i = 0; i < used; i++)
            {
                carry += (ulong)words[i] * scale;
                words[i] = (uint)carry;
                carry >>= 32;
            }

            if (carry != 0)
            {
                words[used++] = (uint)carry;
            }
        }

        var zeros = text.Length - text.TrimStart('1').Length;
        var length = used == 0 ? 0 : (used * 4) - (System.Numerics.BitOperations.LeadingZeroCount(words[used - 1]) / 8);
        if (zeros + length > bytes.Length)
        {
            return false;
        }

        written = zeros + length;
        bytes[..zeros].Clear();
        for (var i = 0; i < length; i++)
        {
            bytes[written - 1 - i] = (byte)(words[i / 4] >> (8 * (i % 4)));
        }

        return true;
    }

    /// <exception cref="FormatException">The text is not base58.</exception>
    public static byte[] Decode(string text) =>
        TryDecode(text, out var bytes) ? bytes : throw new FormatException("not base58");

    /// <summary>In place, most significant word first; what is left over are the last digits.</summary>
    private static uint DivideByRadix(Span<uint> words)
    {
        ulong rest = 0;
        foreach (ref var word in words)
        {
            rest = (rest << 32) | word;
            word = (uint)(rest / Radix);
            rest %= Radix;
        }

        return (uint)rest;
    }

    private static sbyte[] BuildValues()
    {
        var values = new sbyte[128];
        Array.Fill(values, (sbyte)-1);
        for (var i = 0; i < Alphabet.Length; i++)
        {
            values[Alphabet[i]] = (sbyte)i;
        }

        return values;
    }
}
