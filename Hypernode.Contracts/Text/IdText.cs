using System.Buffers;

namespace Hypernode.Contracts.Text;

/// <summary>The one text form of a UUID that we take: 8-4-4-4-12, lower case, not all zeros.</summary>
public static class IdText
{
    /// <summary>Characters of a UUID's text.</summary>
    public const int Length = 36;

    internal static readonly SearchValues<char> LowerHex = SearchValues.Create("0123456789abcdef");

    private static readonly SearchValues<char> LowerHexAndDash = SearchValues.Create("-0123456789abcdef");

    /// <summary>Spaces around it, upper case and signs, which the framework's parser takes too, are refused by their characters.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out Guid value)
    {
        value = default;
        return text.Length == Length && !text.ContainsAnyExcept(LowerHexAndDash)
            && Guid.TryParseExact(text, "D", out value) && value != Guid.Empty;
    }
}
