using System.Text.Json;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;

namespace Hypernode.Storage.Shared;

internal sealed class Evidence : IEvidence
{
    private const int LargestGroup = 64;

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

    private readonly Database _database;
    private readonly Grouping<NewReceipt, bool> _receipts;
    private readonly Grouping<NewChunks, bool> _chunks;

    public Evidence(Database database)
    {
        _database = database;
        _receipts = new Grouping<NewReceipt, bool>(WriteAsync, LargestGroup, database.GatherAsync);
        _chunks = new Grouping<NewChunks, bool>(WriteAsync, LargestGroup, database.GatherAsync);
    }

    public Task AddLogsAsync(IReadOnlyList<LogChunk> chunks, DateTimeOffset receivedAt, CancellationToken cancellationToken) =>
        chunks.Count == 0 ? Task.CompletedTask : _chunks.AskAsync(new NewChunks(chunks, receivedAt), cancellationToken);

    private async Task<IReadOnlyList<bool>> WriteAsync(IReadOnlyList<NewChunks> groups)
    {
        // One order for all writers: two batches with the same chunks can't wait for each other.
        var ordered = groups
            .SelectMany(g => g.Chunks, (g, c) => (Chunk: c, g.ReceivedAt))
            .OrderBy(c => c.Chunk.JobId.Value).ThenBy(c => c.Chunk.Attempt).ThenBy(c => c.Chunk.Seq);
        await _database.WriteEachAsync(
            InsertChunk,
            ordered.Select(c => new Parameter[]
            {
                ("job", c.Chunk.JobId),
                ("attempt", c.Chunk.Attempt),
                ("seq", c.Chunk.Seq),
                ("stream", StoredValue.Clean(c.Chunk.Stream)),
                ("at", c.Chunk.At),
                ("data", c.Chunk.Data),
                ("hash", c.Chunk.Hash),
                ("received_at", c.ReceivedAt),
            }),
            CancellationToken.None);
        return new bool[groups.Count];
    }

    public async Task<IReadOnlyList<StoredChunk>> ReadLogsAsync(JobId job, (int Attempt, long Seq) after, int limit, CancellationToken cancellationToken) =>
        await _database.ReadAsync(
            """
            select job_id, attempt, seq, stream, at, data, hash, received_at from job_logs
            where job_id = @job and (attempt, seq) > (@attempt, @seq) order by attempt, seq limit @limit
            """,
            r => new StoredChunk(
                new LogChunk(JobId.Parse(r.Text(0)), r.Int(1), r.Long(2), r.Text(3), r.Long(4), r.Bytes(5), Hash256.Parse(r.Text(6))),
                r.Time(7)),
            cancellationToken,
            ("job", job),
            ("attempt", after.Attempt),
            ("seq", after.Seq),
            ("limit", limit));

    public Task<bool> AddReceiptAsync(Receipt receipt, string signature, DateTimeOffset receivedAt, CancellationToken cancellationToken) =>
        _receipts.AskAsync(new NewReceipt(receipt, receipt.Hash(), signature, receivedAt), cancellationToken);

    public Task<StoredReceipt?> FindReceiptAsync(JobId job, int attempt, CancellationToken cancellationToken) => _database.FindAsync(
        "select body, signature, received_at from receipts where job_id = @job and attempt = @attempt",
        r => new StoredReceipt(JsonSerializer.Deserialize<Receipt>(r.Text(0), ContractJson.Options)!, r.Text(1), r.Time(2)),
        cancellationToken,
        ("job", job),
        ("attempt", attempt));

    /// <summary>Receipts that came at once; the first of an attempt stays, for ever, so what is read after the write is the answer.</summary>
    private async Task<IReadOnlyList<bool>> WriteAsync(IReadOnlyList<NewReceipt> receipts)
    {
        var ordered = receipts.OrderBy(r => r.Receipt.JobId.Value).ThenBy(r => r.Receipt.Attempt); // one order for all writers
        var written = await _database.WriteEachAsync(
            InsertReceipt,
            ordered.Select(r => new Parameter[]
            {
                ("job", r.Receipt.JobId),
                ("attempt", r.Receipt.Attempt),
                ("node", r.Receipt.NodeId),
                ("hash", r.Hash),
                ("body", JsonSerializer.Serialize(r.Receipt, ContractJson.Options)),
                ("signature", r.Signature),
                ("received_at", r.ReceivedAt),
            }),
            CancellationToken.None);
        var stored = new bool[receipts.Count];
        for (var i = 0; i < stored.Length; i++)
        {
            stored[i] = written == stored.Length || await _database.ReadAsync(
                "select 1 from receipts where job_id = @job and attempt = @attempt and receipt_hash = @hash",
                r => r.Int(0),
                CancellationToken.None,
                ("job", receipts[i].Receipt.JobId),
                ("attempt", receipts[i].Receipt.Attempt),
                ("hash", receipts[i].Hash)) is not [];
        }

        return stored;
    }

    private sealed record NewChunks(IReadOnlyList<LogChunk> Chunks, DateTimeOffset ReceivedAt);

    private sealed record NewReceipt(Receipt Receipt, Hash256 Hash, string Signature, DateTimeOffset ReceivedAt);
}
