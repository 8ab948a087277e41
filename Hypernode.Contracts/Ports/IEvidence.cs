using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;

namespace Hypernode.Contracts.Ports;

/// <summary>What attempts left behind: log chunks and receipts.</summary>
public interface IEvidence
{
    /// <summary>Idempotent by (job, attempt, seq).</summary>
    Task AddLogsAsync(IReadOnlyList<LogChunk> chunks, DateTimeOffset receivedAt, CancellationToken cancellationToken);

    /// <summary>In order of (attempt, seq), strictly after the position.</summary>
    Task<IReadOnlyList<StoredChunk>> ReadLogsAsync(JobId job, (int Attempt, long Seq) after, int limit, CancellationToken cancellationToken);

    /// <summary>Idempotent by (job, attempt): the first receipt stays. True when it is the stored one (equal hash).</summary>
    Task<bool> AddReceiptAsync(Receipt receipt, string signature, DateTimeOffset receivedAt, CancellationToken cancellationToken);

    Task<StoredReceipt?> FindReceiptAsync(JobId job, int attempt, CancellationToken cancellationToken);
}

public sealed record StoredChunk(LogChunk Chunk, DateTimeOffset ReceivedAt);

public sealed record StoredReceipt(Receipt Receipt, string Signature, DateTimeOffset ReceivedAt);
