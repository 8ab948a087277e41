using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;

namespace Hypernode.Workers.Tests.Fakes;

public sealed class FakeEvidence : IEvidence
{
    public List<StoredChunk> Chunks { get; } = [];

    public List<StoredReceipt> Receipts { get; } = [];

    public Task AddLogsAsync(IReadOnlyList<LogChunk> chunks, DateTimeOffset receivedAt, CancellationToken cancellationToken)
    {
        Chunks.AddRange(chunks
            .Where(c => !Chunks.Exists(s => s.Chunk.JobId == c.JobId && s.Chunk.Attempt == c.Attempt && s.Chunk.Seq == c.Seq))
            .Select(c => new StoredChunk(c, receivedAt)));
        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<StoredChunk>> ReadLogsAsync(JobId job, (int Attempt, long Seq) after, int limit, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<StoredChunk>>(
        [
            .. Chunks.Where(c => c.Chunk.JobId == job && (c.Chunk.Attempt, c.Chunk.Seq).CompareTo(after) > 0)
                .OrderBy(c => (c.Chunk.Attempt, c.Chunk.Seq)).Take(limit),
        ]);

    public async Task<bool> AddReceiptAsync(Receipt receipt, string signature, DateTimeOffset receivedAt, CancellationToken cancellationToken)
    {
        if (await FindReceiptAsync(receipt.JobId, receipt.Attempt, cancellationToken) is { } stored)
        {
            return stored.Receipt.Hash() == receipt.Hash();
        }

        Receipts.Add(new StoredReceipt(receipt, signature, receivedAt));
        return true;
    }

    public Task<StoredReceipt?> FindReceiptAsync(JobId job, int attempt, CancellationToken cancellationToken) =>
        Task.FromResult(Receipts.Find(r => r.Receipt.JobId == job && r.Receipt.Attempt == attempt));
}

public sealed class FakeJobs : IJobReader
{
    public List<JobView> All { get; } = [];

    public Task<JobView?> FindAsync(JobId id, CancellationToken cancellationToken) => Task.FromResult(All.Find(j => j.Id == id));

    public Task<JobView?> FindByIntentAsync(IntentId id, CancellationToken cancellationToken) =>
        Task.FromResult(All.Find(j => j.Intent.IntentId == id));

    public Task<IReadOnlyList<JobView>> ListAsync(
        WalletAddress owner, string? status, (DateTimeOffset At, JobId Id)? before, int limit, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<IReadOnlyList<JobTransition>> HistoryAsync(JobId id, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<JobStats> StatsAsync(CancellationToken cancellationToken) => throw new NotSupportedException();
}

public sealed class FakeSender : IMessageSender
{
    public List<object> Sent { get; } = [];

    public bool Reachable { get; set; } = true;

    public Task SendAsync(object message, CancellationToken cancellationToken)
    {
        if (!Reachable)
        {
            throw new IOException("no database");
        }

        Sent.Add(message);
        return Task.CompletedTask;
    }
}

public sealed class FakeIds : IIdSource
{
    private byte _next;

    public Guid NewId() => new(++_next, 0, 0, new byte[8]);

    public Hash256 NewSecret() => Key.Hash(++_next);
}
