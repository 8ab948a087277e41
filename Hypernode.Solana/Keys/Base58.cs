namespace Hypernode.Solana;

/// <summary>Base58 with Bitcoin's alphabet, as Solana writes keys, hashes and signatures.</summary>
public static class Base58
{
    private const string Alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

    // The cost is quadratic: nothing that Solana writes in base58 is longer than a transaction.
    private const int MaxBytes = 1_232;
    private const int MaxCharacters = 1_700;

    private static readonly sbyte[] Values = BuildValues();

    /// <exception cref="ArgumentException">more than 1,232 bytes</exception>
    public static string Encode(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > MaxBytes)
        {
            throw new ArgumentException($"Base58 is for at most {MaxBytes} bytes.", nameof(bytes));
        }

        var zeros = bytes.Length - bytes.TrimStart((byte)0).Length;
        Span<byte> digits = stackalloc byte[bytes.Length * 138 / 100 + 1];
        var used = 0;
        foreach (var b in bytes[zeros..])
        {
            int carry = b;
            for (var i = 0; i < used || carry != 0; i++)
            {
                carry += i < used ? digits[i] << 8 : 0;
                digits[i] = (byte)(carry % 58);
                carry /= 58;
                used = Math.Max(used, i + 1);
            }
        }

        Span<char> text = stackalloc char[zeros + used];
        text[..zeros].Fill('1');
        for (var i = 0; i < used; i++)
        {
            text[zeros + i] = Alphabet[digits[used - 1 - i]];
        }

        return new string(text);
    }

    /// <exception cref="FormatException">a character outside the alphabet, or a text longer than any transaction</exception>
    public static byte[] Decode(string text) =>
        TryDecode(text, out var bytes) ? bytes : throw new FormatException("Not a base58 text.");

    public static bool TryDecode(string text, out byte[] bytes)
    {
        ArgumentNullException.ThrowIfNull(text);
        bytes = [];
        if (text.Length > MaxCharacters)
        {
            return false;
        }

        var zeros = text.Length - text.AsSpan().TrimStart('1').Length;
        Span<byte> little = stackalloc byte[text.Length];
        var used = 0;
        foreach (var c in text.AsSpan(zeros))
        {
            int carry = c < 128 ? Values[c] : -1;
            if (carry < 0)
            {
                return false;
            }

            for (var i = 0; i < used || carry != 0; i++)
            {
                carry += i < used ? little[i] * 58 : 0;
                little[i] = (byte)carry;
                carry >>= 8;
                used = Math.Max(used, i + 1);
            }
        }

        bytes = new byte[zeros + used];
        for (var i = 0; i < used; i++)
        {
            bytes[zeros + i] = little[used - 1 - i];
        }

        return true;
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
