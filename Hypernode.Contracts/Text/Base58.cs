using System.Numerics;
using System.Text;

namespace Hypernode.Contracts.Text;

/// <summary>Base58 in the Bitcoin alphabet, as Solana writes keys (32 bytes) and signatures (64 bytes).</summary>
public static class Base58
{
    private const string Alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

    public static string Encode(ReadOnlySpan<byte> bytes)
    {
        var zeros = 0;
        while (zeros < bytes.Length && bytes[zeros] == 0)
        {
            zeros++;
        }

        var number = new BigInteger(bytes, isUnsigned: true, isBigEndian: true);
        var digits = new List<char>(bytes.Length * 2);
        while (!number.IsZero)
        {
            number = BigInteger.DivRem(number, 58, out var digit);
            digits.Add(Alphabet[(int)digit]);
        }

        digits.Reverse();
        return new StringBuilder().Append('1', zeros).Append([.. digits]).ToString();
    }

    /// <summary>False for a character outside the alphabet or a text longer than 128 characters; never throws.</summary>
    public static bool TryDecode(string? text, out byte[] bytes)
    {
        bytes = [];
        if (text is null || text.Length > 128)
        {
            return false;
        }

        var number = BigInteger.Zero;
        foreach (var c in text)
        {
            var digit = Alphabet.IndexOf(c, StringComparison.Ordinal);
            if (digit < 0)
            {
                return false;
            }

            number = (number * 58) + digit;
        }

        var zeros = text.TakeWhile(c => c == '1').Count();
        var body = number.IsZero ? [] : number.ToByteArray(isUnsigned: true, isBigEndian: true);
        bytes = [.. new byte[zeros], .. body];
        return true;
    }

    /// <exception cref="FormatException">The text is not base58.</exception>
    public static byte[] Decode(string text) =>
        TryDecode(text, out var bytes) ? bytes : throw new FormatException("not base58");
}
