using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Timers;
using Hypernode.Contracts.Topology;
using Hypernode.Storage.Shared;
using Npgsql;
using static Hypernode.Storage.PostgreSQL.PostgresStatement;

namespace Hypernode.Storage.PostgreSQL;

/// <summary>
/// Outbox and timers, many rows a statement. Who takes rows skips those that somebody has locked (SKIP LOCKED): relays and pumps
/// that run at once take different rows, and wait for nobody. A statement that finds nothing writes nothing, so it costs no fsync.
/// </summary>
internal sealed class PostgresOutbox(PostgresDatabase database, TimeProvider clock, IIdSource ids) : IOutbox
{
    private static readonly PostgresStatement _insert = new("""
        insert into outbox (message_id, destination, type, body, job_id, created_at, owner_host, taken_until)
        select m.id, m.destination, m.type, m.body, m.job, @at, m.owner, m.until
        from unnest(@ids, @destinations, @types, @bodies, @jobs, @owners, @untils) as m (id, destination, type, body, job, owner, until)
        on conflict (message_id) do nothing
        """);

    private static readonly PostgresStatement _takeLeftovers = new("""
        with free as materialized (
            select message_id from outbox where taken_until is null or taken_until <= @now
            order by created_at, message_id limit @limit for update skip locked)
        update outbox set owner_host = @owner, taken_until = @until from free where outbox.message_id = free.message_id
        returning outbox.message_id, destination, type, body, job_id, created_at
        """);

    private static readonly PostgresStatement _keep = new("""
        with kept as materialized (
            select message_id from outbox where message_id = any(@ids) and owner_host = @owner for update skip locked)
        update outbox set taken_until = @until from kept where outbox.message_id = kept.message_id
        """);

    private static readonly PostgresStatement _remove = new("""
        with gone as materialized (select message_id from outbox where message_id = any(@ids) order by message_id for update)
        delete from outbox using gone where outbox.message_id = gone.message_id
        """);

    private static readonly PostgresStatement _takeTimers = new("""
        with due as materialized (
            select job_id, kind, due_at from timers where due_at <= @now order by due_at limit @limit for update skip locked)
        update timers set due_at = @again from due where timers.job_id = due.job_id and timers.kind = due.kind
        returning timers.job_id, timers.type, timers.body, due.due_at
        """);

    private static readonly PostgresStatement _deferTimers = new("update timers set due_at = @until where kind = @kind and due_at < @until");

    private static readonly PostgresStatement _forget = new(
        "delete from inbox where ctid = any(array(select ctid from inbox where at < @before limit @limit for update skip locked))");

    public async Task AddAsync(IReadOnlyList<OutboxMessage> messages, CancellationToken cancellationToken)
    {
        if (messages.Count == 0)
        {
            return;
        }

        var at = StoredValue.Truncate(clock.GetUtcNow());
        OutboxMessage[] rows = [.. messages.OrderBy(m => m.MessageId)]; // one order for all writers
        await database.ExecuteAsync(
            () => _insert.On(
                database.Source,
                Of("at", at),
                Of("ids", Array.ConvertAll(rows, m => m.MessageId)),
                Of("destinations", Array.ConvertAll(rows, m => m.Destination)),
                Of("types", Array.ConvertAll(rows, m => m.Type)),
                Of("bodies", Array.ConvertAll(rows, m => m.Body)),
                Of("jobs", Array.ConvertAll(rows, m => m.JobId?.ToString())),
                Of("owners", Array.ConvertAll(rows, m => m.Owner)),
                Of("untils", Array.ConvertAll(rows, m => StoredValue.Truncate(m.TakenUntil)))),
            cancellationToken);
    }

    public async Task<IReadOnlyList<OutboxMessage>> TakeLeftoversAsync(
        string owner, DateTimeOffset now, DateTimeOffset until, int limit, CancellationToken cancellationToken)
    {
        var taken = StoredValue.Truncate(until);
        var rows = await database.QueryAsync(
            () => _takeLeftovers.On(database.Source, Of("now", now.ToUniversalTime()), Of("limit", limit), Of("owner", owner), Of("until", taken)),
            r => (
                At: r.Time(5),
                Message: new OutboxMessage(
                    r.Reader.GetGuid(0), r.Text(1), r.Text(2), r.Text(3), r.TextOrNull(4) is { } job ? JobId.Parse(job) : null, owner, taken)),
            cancellationToken);
        return [.. rows.OrderBy(r => r.At).ThenBy(r => r.Message.MessageId).Select(r => r.Message)];
    }

    public async Task KeepAsync(string owner, IReadOnlyCollection<Guid> messageIds, DateTimeOffset until, CancellationToken cancellationToken)
    {
        if (messageIds.Count > 0)
        {
            await database.ExecuteAsync(
                () => _keep.On(database.Source, Of("ids", messageIds.ToArray()), Of("owner", owner), Of("until", StoredValue.Truncate(until))),
                cancellationToken);
        }
    }

    public Task RemoveAsync(IReadOnlyCollection<Guid> messageIds, CancellationToken cancellationToken) =>
        RemoveAsync(database, messageIds, cancellationToken);

    public async Task<IReadOnlyList<OutboxMessage>> TakeDueTimersAsync(DateTimeOffset now, DateTimeOffset againAt, int limit, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(againAt, now);
        var due = await database.QueryAsync(
            () => _takeTimers.On(database.Source, Of("now", now.ToUniversalTime()), Of("again", StoredValue.Truncate(againAt)), Of("limit", limit)),
            r => (At: r.Time(3), Message: new OutboxMessage(ids.NewId(), Queues.JobSaga, r.Text(1), r.Text(2), JobId.Parse(r.Text(0)))),
            cancellationToken);
        return [.. due.OrderBy(d => d.At).Select(d => d.Message)];
    }

    public Task DeferTimersAsync(TimerKind kind, DateTimeOffset until, CancellationToken cancellationToken) => database.ExecuteAsync(
        () => _deferTimers.On(database.Source, Of("until", StoredValue.Truncate(until)), Of("kind", kind.ToString())),
        cancellationToken);

    public Task<int> ForgetInboxAsync(DateTimeOffset before, int limit, CancellationToken cancellationToken) => database.ExecuteAsync(
        () => _forget.On(database.Source, Of("before", before.ToUniversalTime()), Of("limit", limit)),
        cancellationToken);

    internal static async Task RemoveAsync(PostgresDatabase database, IReadOnlyCollection<Guid> messageIds, CancellationToken cancellationToken)
    {
        if (messageIds.Count > 0)
        {
            await database.ExecuteAsync(() => _remove.On(database.Source, Of("ids", messageIds.ToArray())), cancellationToken);
        }
    }
}
