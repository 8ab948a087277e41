using System.CommandLine;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Hypernode.Cli.Adapters;
using Hypernode.Cli.Jobs;
using Hypernode.Cli.Nodes;
using Hypernode.Solana;

namespace Hypernode.Cli.Wallets;

/// <summary><c>hn wallet import</c>: a key that is there already, into a file of its own.</summary>
internal static class ImportCommand
{
    /// <summary>64 numbers with spaces and line breaks are a third of it.</summary>
    private const int MaxCharacters = 1_024;

    private static readonly Argument<string> File = new("FILE") { Description = "where it is written, readable by you alone" };
    private static readonly Option<FileInfo?> From = new("--from") { Description = "key file in the Solana CLI's form; without it the key is read from stdin, or asked for and not shown" };

    public static Command Create()
    {
        NodeCommands.Refuse(From, t => System.IO.File.Exists(t) ? null : $": there is no file {t}");
        var command = new Command(
            "import",
            """
            Take over a wallet: from a key file (solana-keygen's), or a secret key in base58 as wallets export it, by stdin or typed
            unseen. Never on the command line, where other users and your shell's history would see it. A file that is there is never
            replaced.

            Examples:
              ./hn wallet import wallet.json --from ~/.config/solana/id.json
              ./hn wallet import wallet.json                                   asks for the key
              ./hn wallet import wallet.json < exported-key.txt
            """)
        {
            File, From, Connection.Json,
        };
        Connection.Handle(command, ImportAsync);
        return command;
    }

    private static async Task<int> ImportAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var path = WalletCommands.NewFile(parsed.GetRequiredValue(File));
        using var wallet = parsed.GetValue(From) is { } from ? FromFile(from.FullName) : Parse(await ReadSecretAsync(cancellationToken));
        KeyFile.Create(path, wallet);
        await Connection.AnswerAsync(
            parsed,
            new JsonObject { ["address"] = wallet.PublicKey.Key, ["file"] = path },
            () => $"wallet {wallet.PublicKey.Key}\nkey    {path}: who has this file has the money");
        return ExitCodes.Done;
    }

    private static Account FromFile(string path)
    {
        if (!OperatingSystem.IsWindows()
            && (System.IO.File.GetUnixFileMode(path) & (UnixFileMode.GroupRead | UnixFileMode.OtherRead)) != UnixFileMode.None)
        {
            CommandRun.Say($"note: {path} can be read by others than you");
        }

        return KeyFile.Load(path);
    }

    /// <summary>Nothing of what was given is in a message: it may be a key with a slip in it.</summary>
    /// <exception cref="CliException">It is no secret key.</exception>
    internal static Account Parse(string text)
    {
        byte[] secret = [];
        try
        {
            text = text.Trim();
            secret = text.StartsWith('[') ? [.. JsonSerializer.Deserialize<int[]>(text)!.Select(n => checked((byte)n))]
                : Base58.TryDecode(text, out var bytes) ? bytes : [];
            return Account.FromSecretKey(secret);
        }
        catch (Exception e) when (e is FormatException or JsonException or OverflowException)
        {
            throw new CliException("that is no secret key: 64 bytes, as base58 or as an array of numbers, whose halves belong together") { ExitCode = ExitCodes.Usage };
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    private static async Task<string> ReadSecretAsync(CancellationToken cancellationToken)
    {
        if (!Console.IsInputRedirected)
        {
            return await HiddenPrompt.AskAsync("secret key (not shown): ", cancellationToken);
        }

        var buffer = new char[MaxCharacters + 1];
        var length = await Console.In.ReadBlockAsync(buffer, cancellationToken);
        return length <= MaxCharacters ? new string(buffer, 0, length) : throw new CliException("that is too long for a secret key") { ExitCode = ExitCodes.Usage };
    }
}
