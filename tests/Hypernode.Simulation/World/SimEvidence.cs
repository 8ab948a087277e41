using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;

namespace Hypernode.Simulation.World;

/// <summary>Log chunks and receipts, with the tables' keys.</summary>
internal sealed class SimEvidence
{
    private readonly Dictionary<JobId, SortedDictionary<(int Attempt, long Seq), StoredChunk>> _logs = [];
    private readonly Dictionary<(JobId Job, int Attempt), (StoredReceipt Stored, Hash256 Hash)> _receipts = [];

    public void AddLogs(IReadOnlyList<LogChunk> chunks, DateTimeOffset receivedAt)
    {
        foreach (var chunk in chunks)
        {
            if (!_logs.TryGetValue(chunk.JobId, out var log))
            {
                _logs.Add(chunk.JobId, log = []);
            }

            log.TryAdd((chunk.Attempt, chunk.Seq), new StoredChunk(chunk, receivedAt));
        }
    }

    public IReadOnlyList<StoredChunk> ReadLogs(JobId job, (int Attempt, long Seq) after, int limit) =>
        _logs.TryGetValue(job, out var log) ? [.. log.Where(c => c.Key.CompareTo(after) > 0).Take(limit).Select(c => c.Value)] : [];

    public bool AddReceipt(Receipt receipt, string signature, DateTimeOffset receivedAt)
    {
        var hash = receipt.Hash();
        _receipts.TryAdd((receipt.JobId, receipt.Attempt), (new StoredReceipt(receipt, signature, receivedAt), hash));
        return _receipts[(receipt.JobId, receipt.Attempt)].Hash == hash;
    }

    public StoredReceipt? FindReceipt(JobId job, int attempt) => _receipts.TryGetValue((job, attempt), out var there) ? there.Stored : null;
}

/// <summary>A row as its readers see it.</summary>
internal static class JobViews
{
    public static JobView Of(JobRecord job)
    {
        var (s, row) = (job.Submission, job.Row);
        return new JobView(
            job.Id,
            s.Intent.Client,
            job.State == JobStateNames.Initial ? JobStateNames.Submitted : job.State,
            row?.Attempt ?? 0,
            row?.AssignedNode,
            row?.Outcome,
            s.Intent,
            s.Signature,
            s.Spec,
            s.SpecHash,
            s.SettleBy,
            s.Salt,
            row?.EscrowAddress,
            row?.ExecutionHash,
            row?.LogsHash,
            row?.ProofSignature,
            row?.Settlement,
            row?.Signatures ?? [],
            s.At,
            job.CompletedAt);
    }
}
