using System.Text.Json;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;
using Hypernode.Storage.Model;
using Microsoft.EntityFrameworkCore;

namespace Hypernode.Storage.Shared;

internal sealed class Evidence(Database database) : IEvidence
{
    private const string InsertChunk = """
        insert into job_logs (job_id, attempt, seq, stream, at, data, hash, received_at)
        values (@job, @attempt, @seq, @stream, @at, @data, @hash, @received_at)
        on conflict (job_id, attempt, seq) do nothing
        """;

    private const string InsertReceipt = """
        insert into receipts (job_id, attempt, node_id, receipt_hash, body, signature, received_at)
        values (@job, @attempt, @node, @hash, @body, @signature, @received_at)
        on conflict (job_id, attempt) do nothing
        """;

    public Task AddLogsAsync(IReadOnlyList<LogChunk> chunks, DateTimeOffset receivedAt, CancellationToken cancellationToken)
    {
        if (chunks.Count == 0)
        {
            return Task.CompletedTask;
        }

        // One order for all writers: two batches with the same chunks can't wait for each other.
        var ordered = chunks.OrderBy(c => c.JobId.ToString(), StringComparer.Ordinal).ThenBy(c => c.Attempt).ThenBy(c => c.Seq);
        return database.WriteAsync(
            async session =>
            {
                await session.ExecuteEachAsync(InsertChunk, ordered.Select(c => new Parameter[]
                {
                    ("job", c.JobId),
                    ("attempt", c.Attempt),
                    ("seq", c.Seq),
                    ("stream", StoredValue.Clean(c.Stream)),
                    ("at", c.At),
                    ("data", c.Data),
                    ("hash", c.Hash),
                    ("received_at", receivedAt),
                }));
                return true;
            },
            cancellationToken);
    }

    public async Task<IReadOnlyList<StoredChunk>> ReadLogsAsync(JobId job, (int Attempt, long Seq) after, int limit, CancellationToken cancellationToken)
    {
        var (id, (attempt, seq)) = (job.ToString(), after);
        await using var db = database.NewContext();
        var rows = await db.Logs
            .Where(l => l.JobId == id && (l.Attempt > attempt || (l.Attempt == attempt && l.Seq > seq)))
            .OrderBy(l => l.Attempt).ThenBy(l => l.Seq)
            .Take(limit)
            .ToListAsync(cancellationToken);
        return [.. rows.Select(ToChunk)];
    }

    public async Task<bool> AddReceiptAsync(Receipt receipt, string signature, DateTimeOffset receivedAt, CancellationToken cancellationToken)
    {
        var hash = receipt.Hash();
        return await database.WriteAsync(
            async session =>
            {
                await session.ExecuteAsync(
                    InsertReceipt,
                    ("job", receipt.JobId),
                    ("attempt", receipt.Attempt),
                    ("node", receipt.NodeId),
                    ("hash", hash),
                    ("body", JsonSerializer.Serialize(receipt, ContractJson.Options)),
                    ("signature", signature),
                    ("received_at", receivedAt));
                return await session.ExistsAsync(
                    "select 1 from receipts where job_id = @job and attempt = @attempt and receipt_hash = @hash",
                    ("job", receipt.JobId),
                    ("attempt", receipt.Attempt),
                    ("hash", hash));
            },
            cancellationToken);
    }

    public async Task<StoredReceipt?> FindReceiptAsync(JobId job, int attempt, CancellationToken cancellationToken)
    {
        var id = job.ToString();
        await using var db = database.NewContext();
        var row = await db.Receipts.SingleOrDefaultAsync(r => r.JobId == id && r.Attempt == attempt, cancellationToken);
        return row is null
            ? null
            : new StoredReceipt(JsonSerializer.Deserialize<Receipt>(row.Body, ContractJson.Options)!, row.Signature, row.ReceivedAt);
    }

    private static StoredChunk ToChunk(LogRecord row) => new(
        new LogChunk(JobId.Parse(row.JobId), row.Attempt, row.Seq, row.Stream, row.At, row.Data, Hash256.Parse(row.Hash)),
        row.ReceivedAt);
}
