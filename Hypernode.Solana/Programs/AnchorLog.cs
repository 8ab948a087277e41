using Hypernode.Solana.Facilitator;

namespace Hypernode.Solana;

/// <summary>Anchor's events in a transaction's logs.</summary>
internal static class AnchorLog
{
    private const string Prefix = "Program data: ";

    /// <summary>What one program said, discriminator first: lines of other programs that look alike are not read.</summary>
    public static IEnumerable<byte[]> DataOf(IReadOnlyList<string> logs, PublicKey program)
    {
        Stack<string> running = [];
        foreach (var line in logs)
        {
            var words = line.Split(' ');
            if (words is ["Program", var started, "invoke", ..])
            {
                running.Push(started);
            }
            else if (words is ["Program", _, "success"] or ["Program", _, "failed:", ..])
            {
                running.TryPop(out _);
            }
            else if (line.StartsWith(Prefix, StringComparison.Ordinal) && running.TryPeek(out var current) && current == program.Key
                && TryDecode(line[Prefix.Length..]) is { } data)
            {
                yield return data;
            }
        }
    }

    public static bool Is(ReadOnlySpan<byte> data, string name) => data.StartsWith(AnchorDiscriminator.Event(name));

    private static byte[]? TryDecode(string base64)
    {
        var buffer = new byte[base64.Length];
        return Convert.TryFromBase64String(base64, buffer, out var length) && length >= AnchorDiscriminator.Size ? buffer[..length] : null;
    }
}
