using Hypernode.Contracts.Intents;

namespace Hypernode.Cli.Config;

/// <summary>One thing that every command may be told once and for all.</summary>
/// <param name="Key">As it stands in the files.</param>
/// <param name="Flag">The option that wins over all else.</param>
/// <param name="Variable">The environment's name for it.</param>
/// <param name="Otherwise">When nobody says anything; null: there is nothing to assume.</param>
/// <param name="InProject">
/// May a project's file say it? Not what decides whom we trust, or which key signs: a folder that somebody else made must not choose that.
/// </param>
/// <param name="IsPath">A path, taken from the folder of the file that names it.</param>
/// <param name="Problem">What is wrong with a value; null: nothing.</param>
internal sealed record Setting(
    string Key, string Flag, string Variable, string About, string? Otherwise, bool InProject, bool IsPath, Func<string, string?> Problem)
{
    public static IReadOnlyList<Setting> All { get; } =
    [
        new("api", "--api", "HYPERNODE_API", "the API's address", "http://127.0.0.1:5080", true, false, Address),
        new("rpc", "--rpc", "HYPERNODE_RPC", "a Solana RPC node's address, trusted to check what the API says", "http://127.0.0.1:8899", false, false, Address),
        new("wallet", "--wallet", "HYPERNODE_WALLET", "key file of the wallet that pays", null, false, true, KeyPath),
        new("network", "--network", "HYPERNODE_NETWORK", "the network's name, as it is signed", "localnet", true, false, Name),
        new("program", "--program", "HYPERNODE_PROGRAM", "the facilitator's address", null, false, false, Key32),
        new("hostConfig", "--config", "HYPERNODE_HOST_CONFIG", "settings file of a deployment's hosts, for hn ops", null, false, true, Path),
    ];

    /// <exception cref="CliException">There is no such key; the message has the nearest.</exception>
    public static Setting Find(string key) => All.FirstOrDefault(s => s.Key == key)
        ?? throw new CliException($"there is no setting {key}{Closest(key)}; there are {string.Join(", ", All.Select(s => s.Key))}") { ExitCode = ExitCodes.Usage };

    /// <summary><c> (did you mean …?)</c>, where one is near.</summary>
    public static string Closest(string key)
    {
        var (nearest, distance) = All.Select(s => (s.Key, Distance(s.Key, key))).MinBy(s => s.Item2);
        return distance <= Math.Max(2, nearest.Length / 3) ? $" (did you mean {nearest}?)" : "";
    }

    private static string? Address(string text) => !Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https")
        ? "must be an http:// or https:// address"
        : uri.UserInfo.Length > 0 ? "holds a password: secrets are not kept in settings" : null;

    private static string? Name(string text) => text.Length is > 0 and <= 64 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_') ? null : "must be a network's name";

    private static string? Key32(string text) => WalletAddress.TryParse(text, null, out _) ? null : "must be 32 bytes in base58";

    private static string? KeyPath(string text) => LooksLikeASecret(text) ? "looks like a key itself: only the path of a key file is kept in settings" : Path(text);

    private static string? Path(string text) => text.Length == 0 || text.Contains('\0', StringComparison.Ordinal) ? "must be a path" : null;

    /// <summary>A secret key as wallets show it: an array of numbers, or 64 bytes in base58.</summary>
    private static bool LooksLikeASecret(string text) => text.TrimStart().StartsWith('[')
        || (text.Length is >= 80 and <= 90 && Contracts.Text.Base58.TryDecode(text, out var bytes) && bytes.Length == 64);

    /// <summary>Levenshtein's, without regard to case.</summary>
    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var (diagonal, previous) = (row[0], row[0] = i);
            for (var j = 1; j <= b.Length; j++)
            {
                var cost = diagonal + (char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]) ? 0 : 1);
                diagonal = row[j];
                previous = row[j] = Math.Min(cost, Math.Min(row[j], previous) + 1);
            }
        }

        return row[b.Length];
    }
}
