using System.Data.Common;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Timers;
using Hypernode.Contracts.Topology;
using Hypernode.Storage.Shared;

namespace Hypernode.Storage.SQLite;

/// <summary>Outbox and timers under the writer's lock.</summary>
internal sealed class SqliteOutbox(SqliteDatabase database, TimeProvider clock, IIdSource ids) : IOutbox
{
    public Task AddAsync(IReadOnlyList<OutboxMessage> messages, CancellationToken cancellationToken) =>
        messages.Count == 0
            ? Task.CompletedTask
            : database.WriteAsync(session => InsertAsync(session, messages, clock.GetUtcNow()), cancellationToken);

    public Task<IReadOnlyList<OutboxMessage>> LeftoversAsync(DateTimeOffset olderThan, int limit, CancellationToken cancellationToken) =>
        database.ReadAllAsync(
            "select message_id, destination, type, body, job_id from outbox where created_at < @before order by created_at, message_id limit @limit",
            reader => new OutboxMessage(Guid.Parse(reader.GetString(0)), reader.GetString(1), reader.GetString(2), reader.GetString(3), JobOf(reader, 4)),
            ("before", olderThan),
            ("limit", limit));

    public Task RemoveAsync(IReadOnlyCollection<Guid> messageIds, CancellationToken cancellationToken) =>
        messageIds.Count == 0
            ? Task.CompletedTask
            : database.WriteAsync(
                async session =>
                {
                    await session.ExecuteEachAsync("delete from outbox where message_id = @id", messageIds.Select(id => new Parameter[] { ("id", id) }));
                    return true;
                },
                cancellationToken);

    public Task<IReadOnlyList<OutboxMessage>> TakeDueTimersAsync(DateTimeOffset now, DateTimeOffset againAt, int limit, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(againAt, now);
        return database.WriteAsync<IReadOnlyList<OutboxMessage>>(
            async session =>
            {
                var due = await session.QueryAsync(
                    "select job_id, kind, type, body from timers where due_at <= @now order by due_at limit @limit",
                    reader => (Job: reader.GetString(0), Kind: reader.GetString(1), Type: reader.GetString(2), Body: reader.GetString(3)),
                    ("now", now),
                    ("limit", limit));
                if (due.Count == 0)
                {
                    session.Abandon(); // nothing to write: no fsync either
                    return [];
                }

                await session.ExecuteEachAsync(
                    "update timers set due_at = @again where job_id = @job and kind = @kind",
                    due.Select(t => new Parameter[] { ("again", againAt), ("job", t.Job), ("kind", t.Kind) }));
                OutboxMessage[] messages = [.. due.Select(t => new OutboxMessage(ids.NewId(), Queues.JobSaga, t.Type, t.Body, JobId.Parse(t.Job)))];
                await InsertAsync(session, messages, now);
                return messages;
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

    internal static async Task<bool> InsertAsync(Session session, IReadOnlyList<OutboxMessage> messages, DateTimeOffset at)
    {
        await session.ExecuteEachAsync(
            """
            insert into outbox (message_id, destination, type, body, job_id, created_at)
            values (@id, @destination, @type, @body, @job, @at)
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
            }));
        return true;
    }

    private static JobId? JobOf(DbDataReader reader, int column) => reader.IsDBNull(column) ? null : JobId.Parse(reader.GetString(column));
}
