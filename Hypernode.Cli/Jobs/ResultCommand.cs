using System.CommandLine;
using System.Text.Json.Nodes;
using Hypernode.Cli.Adapters;
using Hypernode.Cli.Client;
using Hypernode.Cli.Receipts;
using Hypernode.Contracts.Text;

namespace Hypernode.Cli.Jobs;

/// <summary><c>hn job result</c>: the files that a job left, each held against the receipt that its node signed.</summary>
internal static class ResultCommand
{
    private static readonly Argument<string> Id = Connection.JobIdArgument();
    private static readonly Option<DirectoryInfo?> Out = new("--out") { Description = "folder for the files (default: one of the job's name, here)" };

    public static Command Create()
    {
        var command = new Command(
            "result",
            """
            Fetch what a job left. A file that is not the one its node signed for is not written; one that is there is not replaced.

            Examples:
              ./hn job result job-… --wallet wallet.json --out result
            """)
        {
            Id, Out, Connection.Wallet, Connection.Api, Connection.Json,
        };
        Connection.Handle(command, RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var api = await Connection.SignInAsync(parsed, cancellationToken);
        var jobId = await Connection.JobOfAsync(api, parsed.GetRequiredValue(Id), cancellationToken);
        var folder = Path.GetFullPath(parsed.GetValue(Out)?.FullName ?? jobId);
        var list = await api.ResultsAsync(jobId, cancellationToken);
        var receipt = ReceiptFile.Parse(await api.ReceiptAsync(jobId, cancellationToken));
        if (ReceiptCheck.OfReceipt(receipt, expectedKey: null).FirstOrDefault(f => !f.Ok) is { } wrong)
        {
            throw new CliException($"the receipt's {wrong.Check}: {wrong.Detail}");
        }

        if (receipt.Receipt.JobId.ToString() != jobId)
        {
            throw new CliException($"the receipt is of {receipt.Receipt.JobId}");
        }

        var files = new JsonArray();
        foreach (var artifact in receipt.Receipt.Artifacts)
        {
            var path = await KeepAsync(folder, artifact.Name, artifact.Sha256, () => api.ResultAsync(jobId, artifact.Name, cancellationToken), cancellationToken);
            files.Add(new JsonObject { ["name"] = artifact.Name, ["sha256"] = artifact.Sha256.ToString(), ["bytes"] = artifact.Bytes, ["path"] = path });
        }

        var answer = new JsonObject { ["jobId"] = jobId, ["exitCode"] = list.ExitCode, ["receiptHash"] = list.ReceiptHash, ["files"] = files };
        await Connection.AnswerAsync(parsed, answer, () => string.Join('\n',
        [
            $"{jobId}: exit code {list.ExitCode}, {(files.Count == 0 ? "no files" : "as its node signed:")}",
            .. receipt.Receipt.Artifacts.Select(a => $"  {Path.Combine(folder, a.Name)}  {a.Bytes} bytes"),
        ]));
        return 0;
    }

    /// <summary>Names are a stranger's: none leads out of the folder, and none replaces what is there.</summary>
    /// <exception cref="CliException">The name is no file's in the folder; the content is another one; another file is there.</exception>
    internal static async Task<string> KeepAsync(string folder, string name, Hash256 sha256, Func<Task<byte[]>> fetch, CancellationToken cancellationToken)
    {
        var root = folder + Path.DirectorySeparatorChar;
        var path = Path.GetFullPath(name, root);
        if (!path.StartsWith(root, StringComparison.Ordinal) || path.Length == root.Length)
        {
            throw new CliException($"a result's name leads out of {folder}: it is not written");
        }

        if (await GivenFiles.ArtifactAsync(folder, name, cancellationToken) is var (found, _) && found == sha256)
        {
            return path;
        }

        var content = await fetch();
        if (Hash256.Of(content) != sha256)
        {
            throw new CliException($"{name} is not the file that the node signed for: it is not written");
        }

        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        try
        {
            // Beside its place first: a file that was cut off would stand in its own way for ever.
            var part = $"{path}.{new SystemIds().NewId():N}.part";
            await File.WriteAllBytesAsync(part, content, cancellationToken);
            File.Move(part, path, overwrite: false);
        }
        catch (IOException e) when (Path.Exists(path))
        {
            throw new CliException($"{path} is there already, and is another file: choose another --out", e);
        }

        return path;
    }
}
