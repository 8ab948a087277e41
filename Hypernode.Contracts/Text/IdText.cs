namespace Hypernode.Contracts.Text;

/// <summary>The one text form of a UUID that we take: 8-4-4-4-12, lower case, not all zeros.</summary>
public static class IdText
{
    public static bool TryParse(string? text, out Guid value) =>
        Guid.TryParseExact(text, "D", out value) && value != Guid.Empty && value.ToString("D") == text;
}
