using System.CommandLine;
using System.Text.Json;
using Hypernode.Cli.Adapters;
using Hypernode.Contracts.Intents;

namespace Hypernode.Cli.Receipts;

/// <summary><c>hn receipt</c>: what a node signed about its work, checked without asking anybody.</summary>
internal static class ReceiptCommand
{
    private const int Wrong = 1;
    private const int Unreadable = 2;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public static Command Create() => new(
        "receipt",
        """
        Signed receipts: what a node says that it did.

        Examples:
          ./hn receipt verify result/receipt.json
        """)
    {
        Verify(),
    };

    private static Command Verify()
    {
        var file = new Argument<FileInfo>("FILE") { Description = "a signed receipt, as GET /api/jobs/{id}/receipt gives it" };
        var key = new Option<string?>("--node-key") { Description = "the key that the node has on chain; without it, the key in FILE is taken at its word" };
        var artifacts = new Option<DirectoryInfo?>("--artifacts") { Description = "folder with the result files: each must be the one that was signed for" };
        var logs = new Option<FileInfo?>("--logs") { Description = "log chunks (pages of GET /api/jobs/{id}/logs, or one a line): the hash chain is recomputed" };
        var job = new Option<FileInfo?>("--job") { Description = "the job as it was submitted: its hash, inputs and image must be the receipt's" };
        var json = new Option<bool>("--json") { Description = "print one JSON object on stdout" };
        key.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && !WalletAddress.TryParse(token.Value, null, out _))
            {
                result.AddError("--node-key must be 32 bytes in base58");
            }
        });
        MustExist(artifacts, "--artifacts");
        MustExist(logs, "--logs");
        MustExist(job, "--job");
        var command = new Command(
            "verify",
            """
            Check a signed receipt offline: the node's signature, the canonical bytes, every hash and root in it, and the files given.

            Exit code: 0 everything holds, 1 something does not, 2 a file can't be read as what it should be.

            Examples:
              ./hn receipt verify result/receipt.json
              ./hn receipt verify result/receipt.json --artifacts result --logs result/logs.json --job result/job.json
              ./hn receipt verify receipt.json --node-key 4Nd1mYQZUgBsBpPYrSeLP3fVfBUjk8J9V8JYwrrw6uyv
              ./hn receipt verify receipt.json --json | jq '.checks[] | select(.ok | not)'
            """)
        {
            file, key, artifacts, logs, job, json,
        };
        command.SetAction((parsed, _) => RunAsync(
            parsed.GetRequiredValue(file).FullName,
            parsed.GetValue(key) is { } text ? WalletAddress.Parse(text) : null,
            parsed.GetValue(artifacts)?.FullName,
            parsed.GetValue(logs)?.FullName,
            parsed.GetValue(job)?.FullName,
            parsed.GetValue(json)));
        return command;
    }

    private static async Task<int> RunAsync(string path, WalletAddress? key, string? artifacts, string? logs, string? job, bool json)
    {
        using var interruption = new Interruption();
        try
        {
            var file = await GivenFiles.ReceiptAsync(path, interruption.Token);
            List<Finding> findings = [.. ReceiptCheck.OfReceipt(file, key)];
            if (job is not null)
            {
                findings.AddRange(ReceiptCheck.OfJob(file.Receipt, await GivenFiles.JobAsync(job, interruption.Token)));
            }

            if (logs is not null)
            {
                findings.AddRange(ReceiptCheck.OfLogs(file.Receipt, await GivenFiles.LogsAsync(logs, interruption.Token)));
            }

            if (artifacts is not null)
            {
                findings.AddRange(await ReceiptCheck.OfArtifactsAsync(file.Receipt, (name, ct) => GivenFiles.ArtifactAsync(artifacts, name, ct), interruption.Token));
            }

            await Console.Out.WriteLineAsync(json ? ToJson(file, findings) : Describe(file, findings, key is not null));
            return findings.TrueForAll(f => f.Ok) ? 0 : Wrong;
        }
        catch (Exception e) when (PlainFailure.Is(e))
        {
            CommandRun.Say(PlainFailure.Describe(e));
            return Unreadable;
        }
    }

    private static string Describe(ReceiptFile file, IReadOnlyList<Finding> findings, bool keyIsKnown)
    {
        var receipt = file.Receipt;
        var wrong = findings.Count(f => !f.Ok);
        return string.Join('\n', [
            $"{receipt.JobId}, attempt {receipt.Attempt}, on node {receipt.NodeId}: exit code {receipt.ExitCode}{(receipt.TimedOut ? ", timed out" : "")}{(receipt.OutOfMemory ? ", out of memory" : "")}",
            .. findings.Select(f => $"  {(f.Ok ? "ok   " : "WRONG")}  {f.Check,-18} {f.Detail}"),
            wrong == 0 ? "everything holds" : $"{wrong} of {findings.Count} checks failed",
            .. keyIsKnown ? [] : new[] { "note: the node's key is the one in the file; --node-key holds it against the one on chain" },
        ]);
    }

    private static string ToJson(ReceiptFile file, List<Finding> findings) => JsonSerializer.Serialize(
        new
        {
            ok = findings.TrueForAll(f => f.Ok),
            jobId = file.Receipt.JobId.ToString(),
            attempt = file.Receipt.Attempt,
            nodeId = file.Receipt.NodeId.ToString(),
            nodeKey = file.NodeKey.ToString(),
            hash = file.Receipt.Hash().ToString(),
            checks = findings,
        },
        Json);

    private static void MustExist<T>(Option<T?> option, string name)
        where T : FileSystemInfo =>
        option.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && !(typeof(T) == typeof(DirectoryInfo) ? Directory.Exists(token.Value) : File.Exists(token.Value)))
            {
                result.AddError($"{name}: there is no {(typeof(T) == typeof(DirectoryInfo) ? "folder" : "file")} {token.Value}");
            }
        });
}
