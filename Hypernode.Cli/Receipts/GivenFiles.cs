using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Text;

namespace Hypernode.Cli.Receipts;

/// <summary>The files that a receipt is held against. What can't be read is told with the option that named it.</summary>
internal static class GivenFiles
{
    public static async Task<ReceiptFile> ReceiptAsync(string path, CancellationToken cancellationToken)
    {
        var text = await File.ReadAllTextAsync(path, cancellationToken);
        try
        {
            return ReceiptFile.Parse(text);
        }
        catch (FormatException e)
        {
            throw new CliException($"{path} is no signed receipt: {e.Message}", e);
        }
    }

    /// <summary>A job, or a submission with a job in it.</summary>
    public static async Task<JobSpec> JobAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            var node = JsonNode.Parse(await File.ReadAllTextAsync(path, cancellationToken));
            var job = (node is JsonObject { } outer && outer["job"] is JsonObject inner ? inner : node).Deserialize<JobSpec>(ContractJson.Options);
            return job is { Image: not null, Limits: not null } ? job : throw new CliException($"--job: {path} is no job");
        }
        catch (JsonException e)
        {
            throw new CliException($"--job: {path} is no job: {e.Message}", e);
        }
    }

    /// <summary>A page or several of <c>GET /api/jobs/{id}/logs</c>, a list of chunks, or a chunk a line (the agent's own file).</summary>
    public static async Task<IReadOnlyList<LoggedChunk>> LogsAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            var chunks = new List<LoggedChunk>();
            await using var file = File.OpenRead(path);
            await foreach (var node in JsonSerializer.DeserializeAsyncEnumerable<JsonNode>(file, topLevelValues: true, ContractJson.Options, cancellationToken))
            {
                var items = node is JsonArray list ? list : node?["items"] as JsonArray;
                chunks.AddRange((items is null ? [node] : items.AsEnumerable()).Select(n => n.Deserialize<LoggedChunk>(ContractJson.Options)!));
            }

            return chunks.TrueForAll(c => c is { Stream: not null, Data: not null }) ? chunks : throw new CliException($"--logs: {path} holds no log chunks");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new CliException($"--logs: {path} holds no log chunks: {e.Message}", e);
        }
    }

    /// <summary>A regular file below the folder; a name that leads out of it names nothing.</summary>
    public static async Task<(Hash256 Sha256, long Bytes)?> ArtifactAsync(string folder, string name, CancellationToken cancellationToken)
    {
        var root = Path.GetFullPath(folder) + Path.DirectorySeparatorChar;
        var path = Path.GetFullPath(name, root);
        if (!path.StartsWith(root, StringComparison.Ordinal) || !File.Exists(path) || new FileInfo(path).LinkTarget is not null)
        {
            return null;
        }

        await using var file = File.OpenRead(path);
        return (Hash256.FromBytes(await SHA256.HashDataAsync(file, cancellationToken)), file.Length);
    }
}
