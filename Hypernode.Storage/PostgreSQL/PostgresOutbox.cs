using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Timers;
using Hypernode.Contracts.Topology;
using Hypernode.Storage.Shared;
using Npgsql;
using NpgsqlTypes;

namespace Hypernode.Storage.PostgreSQL;

/// <summary>Outbox and timers by hand-written SQL: many rows in one statement.</summary>
internal sealed class PostgresOutbox(PostgresDatabase database, TimeProvider clock, IIdSource ids) : IOutbox
{
    private const string Insert = """
        insert into outbox (message_id, destination, type, body, job_id, created_at)
        select m.*, @at from unnest(@ids, @destinations, @types, @bodies, @jobs) as m
        on conflict (message_id) do nothing
        """;

    // SKIP LOCKED: pumps that run at once take different timers and wait for nobody.
    private const string TakeDue = """
        with due as materialized (
            select job_id, kind, due_at from timers where due_at <= @now order by due_at limit @limit for update skip locked)
        update timers set due_at = @again from due where timers.job_id = due.job_id and timers.kind = due.kind
        returning timers.job_id, timers.type, timers.body, due.due_at
        """;

    public async Task AddAsync(IReadOnlyList<OutboxMessage> messages, CancellationToken cancellationToken)
    {
        if (messages.Count > 0)
        {
            await using var command = database.Source.CreateCommand(Insert);
            AddMessages(command, messages, clock.GetUtcNow());
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    public async Task<IReadOnlyList<OutboxMessage>> LeftoversAsync(DateTimeOffset olderThan, int limit, CancellationToken cancellationToken)
    {
        await using var command = database.Source.CreateCommand(
            "select message_id, destination, type, body, job_id from outbox where created_at < $1 order by created_at, message_id limit $2");
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = olderThan.ToUniversalTime() });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        var messages = new List<OutboxMessage>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            JobId? job = await reader.IsDBNullAsync(4, cancellationToken) ? null : JobId.Parse(reader.GetString(4));
            messages.Add(new OutboxMessage(reader.GetGuid(0), reader.GetString(1), reader.GetString(2), reader.GetString(3), job));
        }

        return messages;
    }

    public Task RemoveAsync(IReadOnlyCollection<Guid> messageIds, CancellationToken cancellationToken) =>
        messageIds.Count == 0 ? Task.CompletedTask : RemoveAsync(database.Source, [.. messageIds], cancellationToken);

    public Task<IReadOnlyList<OutboxMessage>> TakeDueTimersAsync(DateTimeOffset now, DateTimeOffset againAt, int limit, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(againAt, now);
        return PostgresDatabase.WithRetryAsync(() => TakeAsync(now, againAt, limit, cancellationToken));
    }

    public Task DeferTimersAsync(TimerKind kind, DateTimeOffset until, CancellationToken cancellationToken) =>
        PostgresDatabase.WithRetryAsync(async () =>
        {
            await using var command = database.Source.CreateCommand("update timers set due_at = $1 where kind = $2 and due_at < $1");
            command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = StoredValue.Truncate(until) });
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = kind.ToString() });
            return await command.ExecuteNonQueryAsync(cancellationToken);
        });

    internal static Task RemoveAsync(NpgsqlDataSource source, Guid[] messageIds, CancellationToken cancellationToken) =>
        PostgresDatabase.WithRetryAsync(async () =>
        {
            await using var command = source.CreateCommand("delete from outbox where message_id = any($1)");
            command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = messageIds });
            return await command.ExecuteNonQueryAsync(cancellationToken);
        });

    private async Task<IReadOnlyList<OutboxMessage>> TakeAsync(DateTimeOffset now, DateTimeOffset againAt, int limit, CancellationToken cancellationToken)
    {
        await using var connection = await database.Source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var due = new List<(DateTimeOffset At, OutboxMessage Message)>();
        await using (var take = new NpgsqlCommand(TakeDue, connection, transaction))
        {
            take.Parameters.AddWithValue("now", NpgsqlDbType.TimestampTz, now.ToUniversalTime());
            take.Parameters.AddWithValue("again", NpgsqlDbType.TimestampTz, StoredValue.Truncate(againAt));
            take.Parameters.AddWithValue("limit", NpgsqlDbType.Integer, limit);
            await using var reader = await take.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                var message = new OutboxMessage(ids.NewId(), Queues.JobSaga, reader.GetString(1), reader.GetString(2), JobId.Parse(reader.GetString(0)));
                due.Add((await reader.GetFieldValueAsync<DateTimeOffset>(3, cancellationToken), message));
            }
        }

        OutboxMessage[] messages = [.. due.OrderBy(d => d.At).Select(d => d.Message)];
        if (messages.Length > 0)
        {
            await using var insert = new NpgsqlCommand(Insert, connection, transaction);
            AddMessages(insert, messages, now);
            await insert.ExecuteNonQueryAsync(cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        return messages;
    }

    private static void AddMessages(NpgsqlCommand command, IReadOnlyList<OutboxMessage> messages, DateTimeOffset at)
    {
        const NpgsqlDbType Texts = NpgsqlDbType.Array | NpgsqlDbType.Text;
        command.Parameters.AddWithValue("at", NpgsqlDbType.TimestampTz, StoredValue.Truncate(at));
        command.Parameters.AddWithValue("ids", NpgsqlDbType.Array | NpgsqlDbType.Uuid, messages.Select(m => m.MessageId).ToArray());
        command.Parameters.AddWithValue("destinations", Texts, messages.Select(m => m.Destination).ToArray());
        command.Parameters.AddWithValue("types", Texts, messages.Select(m => m.Type).ToArray());
        command.Parameters.AddWithValue("bodies", Texts, messages.Select(m => m.Body).ToArray());
        command.Parameters.AddWithValue("jobs", Texts, messages.Select(m => m.JobId?.ToString()).ToArray());
    }
}
