using System.Data.Common;
using System.Text.Json;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Timers;
using Hypernode.Contracts.Topology;
using Hypernode.Storage.Shared;

namespace Hypernode.Storage.SQLite;

/// <summary>Outbox and timers under the writer's lock.</summary>
internal sealed class SqliteOutbox(SqliteDatabase database, TimeProvider clock, IIdSource ids) : IOutbox
{
    private const string Free = "(taken_until is null or taken_until <= @now)";

    public Task AddAsync(IReadOnlyList<OutboxMessage> messages, CancellationToken cancellationToken) =>
        messages.Count == 0
            ? Task.CompletedTask
            : database.WriteAsync(session => InsertAsync(session, messages, clock.GetUtcNow()), cancellationToken);

    public async Task<IReadOnlyList<OutboxMessage>> TakeLeftoversAsync(
        string owner, DateTimeOffset now, DateTimeOffset until, int limit, CancellationToken cancellationToken)
    {
        if (await database.ReadAsync($"select 1 from outbox where {Free} limit 1", r => r.Int(0), cancellationToken, ("now", now)) is [])
        {
            return []; // looked up beside the writer: no lock, no fsync
        }

        var taken = StoredValue.Truncate(until);
        return await database.WriteAsync<IReadOnlyList<OutboxMessage>>(
            async session =>
            {
                var rows = await session.QueryAsync(
                    $"select message_id, destination, type, body, job_id from outbox where {Free} order by created_at, message_id limit @limit",
                    r => new OutboxMessage(Guid.Parse(r.GetString(0)), r.GetString(1), r.GetString(2), r.GetString(3), JobOf(r, 4), owner, taken),
                    ("now", now),
                    ("limit", limit));
                await session.ExecuteEachAsync(
                    "update outbox set owner_host = @owner, taken_until = @until where message_id = @id",
                    rows.Select(m => new Parameter[] { ("owner", owner), ("until", taken), ("id", m.MessageId) }));
                return rows;
            },
            cancellationToken);
    }

    public Task KeepAsync(string owner, IReadOnlyCollection<Guid> messageIds, DateTimeOffset until, CancellationToken cancellationToken) =>
        messageIds.Count == 0
            ? Task.CompletedTask
            : database.WriteEachAsync(
                "update outbox set taken_until = @until where message_id = @id and owner_host = @owner",
                messageIds.Select(id => new Parameter[] { ("until", until), ("id", id), ("owner", owner) }),
                cancellationToken);

    public Task RemoveAsync(IReadOnlyCollection<Guid> messageIds, CancellationToken cancellationToken) =>
        messageIds.Count == 0
            ? Task.CompletedTask
            : database.WriteAsync(session => RemoveAsync(session, messageIds), cancellationToken);

    public async Task<IReadOnlyList<OutboxMessage>> TakeDueTimersAsync(DateTimeOffset now, DateTimeOffset againAt, int limit, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(againAt, now);
        if (await database.ReadAsync("select 1 from timers where due_at <= @now limit 1", r => r.Int(0), cancellationToken, ("now", now)) is [])
        {
            return []; // looked up beside the writer: no lock, no fsync
        }

        return await database.WriteAsync<IReadOnlyList<OutboxMessage>>(
            async session =>
            {
                var due = await session.QueryAsync(
                    "select job_id, kind, type, body from timers where due_at <= @now order by due_at limit @limit",
                    reader => (Job: reader.GetString(0), Kind: reader.GetString(1), Type: reader.GetString(2), Body: reader.GetString(3)),
                    ("now", now),
                    ("limit", limit));
                await session.ExecuteEachAsync(
                    "update timers set due_at = @again where job_id = @job and kind = @kind",
                    due.Select(t => new Parameter[] { ("again", againAt), ("job", t.Job), ("kind", t.Kind) }));
                return [.. due.Select(t => new OutboxMessage(ids.NewId(), Queues.JobSaga, t.Type, t.Body, JobId.Parse(t.Job)))];
            },
            cancellationToken);
    }

    public Task DeferTimersAsync(TimerKind kind, DateTimeOffset until, CancellationToken cancellationToken) =>
        database.WriteAsync(
            session => session.ExecuteAsync(
                "update timers set due_at = @until where kind = @kind and due_at < @until",
                ("until", until),
                ("kind", kind.ToString())),
            cancellationToken);

    public async Task<int> ForgetInboxAsync(DateTimeOffset before, int limit, CancellationToken cancellationToken)
    {
        // Found beside the writer, who is held up for the deletion alone.
        var old = await database.ReadAsync(
            "select rowid from inbox where at < @before limit @limit", r => r.Long(0), cancellationToken, ("before", before), ("limit", limit));
        return old.Count == 0
            ? 0
            : await database.WriteAsync(
                session => session.ExecuteAsync(
                    "delete from inbox where rowid in (select value from json_each(@rows)) and at < @before",
                    ("rows", JsonSerializer.Serialize(old)),
                    ("before", before)),
                cancellationToken);
    }

    internal static Task<int> InsertAsync(Session session, IReadOnlyList<OutboxMessage> messages, DateTimeOffset at) =>
        session.ExecuteEachAsync(
            """
            insert into outbox (message_id, destination, type, body, job_id, created_at, owner_host, taken_until)
            values (@id, @destination, @type, @body, @job, @at, @owner, @until)
            on conflict (message_id) do nothing
            """,
            messages.Select(m => new Parameter[]
            {
                ("id", m.MessageId),
                ("destination", m.Destination),
                ("type", m.Type),
                ("body", m.Body),
                ("job", m.JobId),
                ("at", at),
                ("owner", m.Owner),
                ("until", m.TakenUntil),
            }));

    /// <returns>How many were there.</returns>
    internal static async Task<int> RemoveAsync(Session session, IEnumerable<Guid> messageIds)
    {
        var rows = 0;
        foreach (var id in messageIds)
        {
            rows += await session.ExecuteAsync("delete from outbox where message_id = @id", ("id", id));
        }

        return rows;
    }

    private static JobId? JobOf(DbDataReader reader, int column) => reader.IsDBNull(column) ? null : JobId.Parse(reader.GetString(column));
}
