namespace Hypernode.NodeAgent.Execution;

/// <summary>An image that can't change under its name: <c>sha256:…</c> of a local image, or <c>name@sha256:…</c>. Never a tag.</summary>
/// <param name="Name">Null for a local image.</param>
/// <param name="Digest"><c>sha256:</c> and 64 hex characters.</param>
public sealed record ImageReference(string? Name, string Digest)
{
    private const string Algorithm = "sha256:";

    public static bool TryParse(string? text, out ImageReference reference)
    {
        reference = new(null, "");
        var at = text?.IndexOf('@', StringComparison.Ordinal) ?? -1;
        var digest = at < 0 ? text : text![(at + 1)..];
        var name = at < 0 ? null : text![..at];
        if (digest is null || digest.Length != Algorithm.Length + 64 || !digest.StartsWith(Algorithm, StringComparison.Ordinal)
            || !digest.AsSpan(Algorithm.Length).ContainsOnlyHex() || (name is not null && !IsName(name)))
        {
            return false;
        }

        reference = new(name, digest);
        return true;
    }

    public override string ToString() => Name is null ? Digest : $"{Name}@{Digest}";

    private static bool IsName(string name) =>
        name.Length is > 0 and <= 255 && char.IsAsciiLetterOrDigit(name[0])
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' or '/' or ':');
}

internal static class HexText
{
    private static readonly System.Buffers.SearchValues<char> Digits = System.Buffers.SearchValues.Create("0123456789abcdef");

    public static bool ContainsOnlyHex(this ReadOnlySpan<char> text) => !text.ContainsAnyExcept(Digits);
}
