using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Hypernode.Storage.Shared;
using static Hypernode.Storage.PostgreSQL.PostgresStatement;

namespace Hypernode.Storage.PostgreSQL;

/// <summary>The saga's hot path: one round trip and one fsync a batch.</summary>
internal sealed class PostgresSagaJournal(PostgresDatabase database) : ISagaJournal
{
    private static readonly PostgresStatement _load = new("select job_id, state, version, saga from jobs where job_id = any(@jobs)");

    public async Task<IReadOnlyList<StoredSaga>> LoadAsync(IReadOnlyCollection<JobId> ids, CancellationToken cancellationToken)
    {
        if (ids.Count == 0)
        {
            return [];
        }

        var jobs = ids.Select(id => id.ToString()).ToArray();
        return await database.QueryAsync(
            () => _load.On(database.Source, Of("jobs", jobs)),
            r => new StoredSaga(JobId.Parse(r.Text(0)), r.Text(1), r.Int(2), r.Text(3)),
            cancellationToken);
    }

    public async Task<IReadOnlyList<CommitResult>> CommitAsync(
        IReadOnlyList<SagaCommit> batch, IReadOnlyCollection<Guid> delivered, CancellationToken cancellationToken)
    {
        CommitShape.Check(batch);
        if (batch.Count == 0)
        {
            await PostgresOutbox.RemoveAsync(database, delivered, cancellationToken);
            return [];
        }

        // A parameter belongs to one command: another run makes its own.
        return await database.WithRetryAsync(
            () => RunAsync(new PostgresCommitRows(batch, delivered), batch.Count, cancellationToken));
    }

    private async Task<IReadOnlyList<CommitResult>> RunAsync(PostgresCommitRows rows, int count, CancellationToken cancellationToken)
    {
        // No explicit transaction: the batch is one, and its answer comes after its fsync.
        await using var batch = database.Source.CreateBatch();
        if (rows.Jobs.Length > 0)
        {
            batch.BatchCommands.Add(PostgresJournalSql.LockJobs.InBatch(Of("jobs", rows.Jobs)));
        }

        if (rows.Nodes.Length > 0)
        {
            batch.BatchCommands.Add(PostgresJournalSql.LockNodes.InBatch(Of("nodes", rows.Nodes)));
        }

        batch.BatchCommands.Add(PostgresJournalSql.Commit.InBatch(rows.Values));
        var results = new CommitResult[count]; // Committed, but for those that the answer names
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        for (var locks = batch.BatchCommands.Count - 1; locks > 0; locks--)
        {
            await reader.NextResultAsync(cancellationToken);
        }

        while (await reader.ReadAsync(cancellationToken))
        {
            results[reader.GetInt32(0)] = (Known: reader.GetBoolean(1), Fits: reader.GetBoolean(2)) switch
            {
                { Known: true } => CommitResult.Duplicate,
                { Fits: false } => CommitResult.VersionConflict,
                _ => CommitResult.SlotTaken,
            };
        }

        // What fails at the very end (the commit itself) is told here.
        while (await reader.NextResultAsync(cancellationToken))
        {
        }

        return results;
    }
}
