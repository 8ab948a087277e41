using System.CommandLine;
using System.Security.Cryptography;
using System.Text.Json;
using Hypernode.Cli.Client;
using Hypernode.Cli.Nodes;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Text;
using Hypernode.Solana;

namespace Hypernode.Cli.Blobs;

/// <summary><c>hn blob</c>: inputs and results that the platform can't read.</summary>
internal static class BlobCommands
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public static Command Create() => new(
        "blob",
        """
        Seal inputs for the nodes that may run a job, and open the results that they sealed for you.

        Examples:
          ./hn blob encrypt scan.dat --node 0f8fad5b-d9cb-469f-a165-70867728950e --api https://api.example
          ./hn blob decrypt result.sealed --key wallet.json
        """)
    {
        Encrypt(),
        Decrypt(),
    };

    private static Command Encrypt()
    {
        var file = Existing("the file to seal");
        var to = new Option<string[]>("--to") { Description = "a recipient's key in base58 (repeatable): a node's key, a wallet's address", DefaultValueFactory = _ => [] };
        var node = new Option<string[]>("--node") { Description = "a node's id (repeatable), whose key --api tells", DefaultValueFactory = _ => [] };
        var api = NodeCommands.Url("--api", "the API's address, for --node");
        var output = Output("where the envelope goes (default: FILE.sealed); an existing file is never overwritten");
        var json = new Option<bool>("--json") { Description = "print one JSON object on stdout" };
        var command = new Command(
            "encrypt",
            """
            Seal a file to nodes and wallets: only they can open it (docs/encryption.md). What is printed goes into the job's inputs, with
            "encrypted": true, and the nodes' ids into its "nodes".

            Examples:
              ./hn blob encrypt scan.dat --to 4Nd1mYQZUgBsBpPYrSeLP3fVfBUjk8J9V8JYwrrw6uyv
              ./hn blob encrypt scan.dat --node 0f8fad5b-d9cb-469f-a165-70867728950e --node 1f8fad5b-d9cb-469f-a165-70867728950e --api https://api.example
              ./hn blob encrypt scan.dat --to KEY --json | jq '.sha256, .bytes'
            """)
        {
            file, to, node, api, output, json,
        };
        command.Validators.Add(result =>
        {
            // The tokens: an option that lacks its argument has no value that could be asked for.
            List<string> keys = [.. result.GetResult(to)?.Tokens.Select(t => t.Value) ?? []];
            List<string> nodes = [.. result.GetResult(node)?.Tokens.Select(t => t.Value) ?? []];
            foreach (var wrong in keys.Where(k => Key(k) is null))
            {
                result.AddError($"--to {wrong} is no key that somebody can have: 32 bytes in base58, a point of the curve");
            }

            foreach (var wrong in nodes.Where(n => !NodeId.TryParse(n, null, out _)))
            {
                result.AddError($"--node {wrong} is no node id: a lower-case UUID");
            }

            if (keys.Count + nodes.Count is 0 or > Envelope.MaxRecipients)
            {
                result.AddError($"--to or --node says who may open it: 1 to {Envelope.MaxRecipients} of them");
            }

            if (nodes.Count > 0 && result.GetResult(api)?.Tokens is not [_])
            {
                result.AddError("--node needs --api, which knows the node's key");
            }
        });
        command.SetAction((parsed, _) => CommandRun.RunAsync(
            async cancellationToken =>
            {
                var source = parsed.GetRequiredValue(file);
                List<PublicKey> recipients = [.. (parsed.GetValue(to) ?? []).Select(k => Key(k)!)];
                recipients.AddRange(await KeysOfAsync(parsed.GetValue(node) ?? [], parsed.GetValue(api), cancellationToken));
                var target = parsed.GetValue(output)?.FullName ?? source.FullName + ".sealed";
                await using var plain = source.OpenRead();
                await using var envelope = Envelope.Seal(plain, recipients);
                var (sha256, bytes) = await WriteAsync(envelope, target, cancellationToken);
                await Console.Out.WriteLineAsync(parsed.GetValue(json)
                    ? JsonSerializer.Serialize(new { file = target, sha256 = sha256.ToString(), bytes, recipients = recipients.Select(r => r.Key) }, Json)
                    : $"{target}\n  sha256      {sha256}\n  bytes       {bytes}\n  recipients  {string.Join(", ", recipients)}");
                return 0;
            },
            interrupted: 130));
        return command;
    }

    private static Command Decrypt()
    {
        var file = Existing("the envelope");
        var key = new Option<FileInfo>("--key") { Description = "key file of the recipient, as the Solana CLI keeps keys", Required = true };
        var output = Output("where the file goes (default: FILE without .sealed, else FILE.open); an existing file is never overwritten");
        var json = new Option<bool>("--json") { Description = "print one JSON object on stdout" };
        NodeCommands.Refuse(key, t => File.Exists(t) ? null : $": there is no file {t}");
        var command = new Command(
            "decrypt",
            """
            Open an envelope that was sealed to your key. The file appears whole and checked, or not at all.

            Exit code: 0 it is open, 1 it is not: no envelope, not sealed to this key, damaged or cut off.

            Examples:
              ./hn blob decrypt result.sealed --key wallet.json
              ./hn blob decrypt result.sealed --key wallet.json --out result.txt --json
            """)
        {
            file, key, output, json,
        };
        command.SetAction((parsed, _) => CommandRun.RunAsync(
            async cancellationToken =>
            {
                var source = parsed.GetRequiredValue(file);
                using var account = KeyFile.Load(parsed.GetRequiredValue(key).FullName);
                var target = parsed.GetValue(output)?.FullName
                    ?? (source.Extension == ".sealed" ? source.FullName[..^".sealed".Length] : source.FullName + ".open");
                await using var sealedFile = source.OpenRead();
                await using var content = Envelope.Open(sealedFile, account);
                var (sha256, bytes) = await WriteAsync(content, target, cancellationToken);
                await Console.Out.WriteLineAsync(parsed.GetValue(json)
                    ? JsonSerializer.Serialize(new { file = target, sha256 = sha256.ToString(), bytes, key = account.PublicKey.Key }, Json)
                    : $"{target}\n  sha256  {sha256}\n  bytes   {bytes}");
                return 0;
            },
            interrupted: 130));
        return command;
    }

    private static Argument<FileInfo> Existing(string description)
    {
        var file = new Argument<FileInfo>("FILE") { Description = description };
        file.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && !File.Exists(token.Value))
            {
                result.AddError($"there is no file {token.Value}");
            }
        });
        return file;
    }

    private static Option<FileInfo?> Output(string description)
    {
        var output = new Option<FileInfo?>("--out") { Description = description };
        NodeCommands.Refuse(output, t => File.Exists(t) ? $": there is a file {t} already" : null);
        return output;
    }

    private static PublicKey? Key(string text) =>
        Contracts.Text.Base58.TryDecode(text, out var bytes) && bytes.Length == 32 && new PublicKey(bytes) is var key && Envelope.CanReceive(key) ? key : null;

    private static async Task<List<PublicKey>> KeysOfAsync(string[] nodes, string? address, CancellationToken cancellationToken)
    {
        var keys = new List<PublicKey>();
        using var api = address is null ? null : new ApiClient(address);
        foreach (var node in nodes)
        {
            var found = await api!.FindNodeAsync(node, cancellationToken) ?? throw new CliException($"--node: {address} knows no node {node}");
            keys.Add(Key(found.NodeKey) ?? throw new CliException($"--node: the key of {node} can't receive anything"));
        }

        return keys;
    }

    /// <summary>Beside its place first: half a file must not be taken for the file.</summary>
    private static async Task<(Hash256 Sha256, long Bytes)> WriteAsync(Stream content, string target, CancellationToken cancellationToken)
    {
        var temporary = target + ".part";
        try
        {
            using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var bytes = 0L;
            await using (var file = new FileStream(temporary, Private()))
            {
                var buffer = new byte[Envelope.ChunkBytes];
                for (int read; (read = await content.ReadAsync(buffer, cancellationToken)) > 0; bytes += read)
                {
                    sha.AppendData(buffer, 0, read);
                    await file.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
                }
            }

            File.Move(temporary, target, overwrite: false);
            return (Hash256.FromBytes(sha.GetHashAndReset()), bytes);
        }
        finally
        {
            File.Delete(temporary); // nothing to delete when it was renamed
        }
    }

    /// <summary>For its owner alone: it may be what was a secret until now.</summary>
    private static FileStreamOptions Private()
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return options;
    }
}
