using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;

namespace Hypernode.Storage.Shared;

/// <summary>I7, asked of the tables themselves: one statement, hence one moment.</summary>
internal sealed class SagaAudit(Database database) : ISagaAudit
{
    // completed_at is what idx_jobs_open is about.
    private const string Stranded = """
        select job_id, state, version, saga from jobs
        where completed_at is null
            and not exists (select 1 from timers where timers.job_id = jobs.job_id)
            and not exists (select 1 from outbox where outbox.job_id = jobs.job_id)
        order by job_id
        limit @limit
        """;

    private const string Arm = """
        insert into timers (job_id, kind, due_at, epoch, type, body)
        select job_id, @kind, @due, @epoch, @type, @body from jobs where job_id = @job and version = @version
        on conflict do nothing
        """;

    public Task<IReadOnlyList<StoredSaga>> StrandedAsync(int limit, CancellationToken cancellationToken) => database.WriteAsync<IReadOnlyList<StoredSaga>>(
        async session =>
        {
            session.Abandon(); // it only reads
            return await session.QueryAsync(
                Stranded,
                r => new StoredSaga(JobId.Parse(r.GetString(0)), r.GetString(1), r.GetInt32(2), r.GetString(3)),
                ("limit", limit));
        },
        cancellationToken);

    public Task<bool> ReviveAsync(StoredSaga found, IReadOnlyList<TimerChange> timers, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            var armed = 0;
            foreach (var timer in timers)
            {
                armed += await session.ExecuteAsync(
                    Arm,
                    ("job", found.Id),
                    ("version", found.Version),
                    ("kind", timer.Kind.ToString()),
                    ("due", timer.DueAt),
                    ("epoch", timer.Epoch),
                    ("type", timer.Type),
                    ("body", timer.Body));
            }

            return armed > 0;
        },
        cancellationToken);
}
