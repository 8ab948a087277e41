using System.Text.Json.Nodes;
using Hypernode.Cli.Client;
using Hypernode.Cli.Receipts;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Text;

namespace Hypernode.Cli.Demo;

/// <summary>What a payer keeps of a job that was paid: the signed receipt, and what it speaks of, beside the result.</summary>
internal static class Evidence
{
    /// <returns>What of it does not hold; the receipt was checked as <c>hn receipt verify</c> checks it.</returns>
    public static async Task<IReadOnlyList<string>> KeepAsync(ApiClient api, string jobId, JobSpec job, string folder, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        var receipt = Path.Combine(folder, "receipt.json");
        var logs = Path.Combine(folder, "logs.json");
        await File.WriteAllTextAsync(receipt, await api.ReceiptAsync(jobId, cancellationToken), cancellationToken);
        await File.WriteAllBytesAsync(Path.Combine(folder, "job.json"), CanonicalJson.Serialize(job), cancellationToken);
        await File.WriteAllTextAsync(logs, new JsonArray([.. await api.LogChunksAsync(jobId, cancellationToken)]).ToJsonString(), cancellationToken);

        var file = await GivenFiles.ReceiptAsync(receipt, cancellationToken);
        Finding[] findings =
        [
            .. ReceiptCheck.OfReceipt(file, expectedKey: null),
            .. ReceiptCheck.OfJob(file.Receipt, job),
            .. ReceiptCheck.OfLogs(file.Receipt, await GivenFiles.LogsAsync(logs, cancellationToken)),
        ];
        return [.. findings.Where(f => !f.Ok).Select(f => $"the receipt's {f.Check}: {f.Detail}")];
    }
}
