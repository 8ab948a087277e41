using Hypernode.Contracts.Ports;
using Hypernode.Storage.Shared;
using static SQLitePCL.raw;

namespace Hypernode.Storage.SQLite;

/// <summary>
/// The file's one writer. What is to be written at the same time shares a transaction and its flush to the disk, each work
/// behind a savepoint of its own, so that one that fails or is abandoned takes no other along.
/// </summary>
internal sealed class SqliteWriter : IAsyncDisposable
{
    private const int LargestGroup = 64;
    private const string Savepoint = "work";

    private readonly string _connectionString;
    private readonly string _path;
    private readonly Grouping<Work, Outcome> _works;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private SqliteStatements? _connection;

    public SqliteWriter(string connectionString, string path)
    {
        (_connectionString, _path) = (connectionString, path);
        _works = new Grouping<Work, Outcome>(RunAsync, LargestGroup);
    }

    /// <summary>Completes when the work is durable, or is known to have changed nothing.</summary>
    public Task<Outcome> WriteAsync(Func<Session, Task<object?>> work, CancellationToken cancellationToken) =>
        _works.AskAsync(new Work(work, cancellationToken), cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _turn.WaitAsync();
        _connection?.Dispose();
        _turn.Dispose();
    }

    private async Task<IReadOnlyList<Outcome>> RunAsync(IReadOnlyList<Work> group)
    {
        await _turn.WaitAsync();
        try
        {
            return await TryTogetherAsync(group) ?? await RunAloneAsync(group);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Null: nothing was written, and why is for each to find out alone.</summary>
    private async Task<IReadOnlyList<Outcome>?> TryTogetherAsync(IReadOnlyList<Work> group)
    {
        if (group.Count == 1)
        {
            return null;
        }

        try
        {
            var outcomes = new Outcome[group.Count];
            var connection = _connection ??= Open();
            await using var transaction = connection.Connection.BeginTransaction(deferred: false);
            var writes = false;
            for (var i = 0; i < outcomes.Length; i++)
            {
                transaction.Save(Savepoint);
                var session = new Session(transaction, connection.Command, StoredValue.ForSqlite, group[i].CancellationToken);
                outcomes[i] = await TryAsync(group[i], session);
                var keep = outcomes[i].Failure is null && !session.Abandoned;
                writes |= keep;
                if (sqlite3_get_autocommit(connection.Connection.Handle) != 0)
                {
                    return null; // a full disk ends the transaction of all
                }

                if (!keep)
                {
                    transaction.Rollback(Savepoint);
                }

                transaction.Release(Savepoint);
            }

            if (writes)
            {
                await transaction.CommitAsync(CancellationToken.None);
            }

            return outcomes; // without a commit the transaction is rolled back: nothing was written, so nothing is flushed
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return null;
        }
    }

    private async Task<IReadOnlyList<Outcome>> RunAloneAsync(IReadOnlyList<Work> group)
    {
        var outcomes = new List<Outcome>(group.Count);
        var unavailable = 0;
        foreach (var work in group)
        {
            // Not the works' own fault: nobody waits for sixty time-outs in a row.
            var outcome = unavailable == 2 ? outcomes[^1] : await RunAloneAsync(work);
            unavailable += outcome.Failure is { } failure && SqliteCondition.Of(failure) is not null && unavailable < 2 ? 1 : 0;
            outcomes.Add(outcome);
        }

        return outcomes;
    }

    private async Task<Outcome> RunAloneAsync(Work work)
    {
        try
        {
            var connection = _connection ??= Open();
            await using var transaction = connection.Connection.BeginTransaction(deferred: false); // takes the write lock at once: no upgrade can fail later
            var session = new Session(transaction, connection.Command, StoredValue.ForSqlite, work.CancellationToken);
            var value = await work.Run(session); // a throw disposes the transaction, which rolls back
            if (!session.Abandoned)
            {
                await transaction.CommitAsync(CancellationToken.None);
            }

            return new Outcome(value, null);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            if (SqliteCondition.Of(e) is { Condition: StorageCondition.ReadOnly or StorageCondition.Unreachable })
            {
                // What is open stays as it was opened: the next write looks at the file anew.
                _connection?.Dispose();
                _connection = null;
            }

            return new Outcome(null, e);
        }
    }

    private static async Task<Outcome> TryAsync(Work work, Session session)
    {
        try
        {
            return new Outcome(await work.Run(session), null);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return new Outcome(null, e);
        }
    }

    private SqliteStatements Open()
    {
        if (Path.GetDirectoryName(Path.GetFullPath(_path)) is { } folder)
        {
            Directory.CreateDirectory(folder);
        }

        var opened = new SqliteStatements(_connectionString);
        using var settings = opened.Connection.CreateCommand();

        // The writer's working set stays in memory (64 MiB), and the log is folded into the file every 32 MiB rather than every 4.
        settings.CommandText = """
            pragma journal_mode = wal; pragma synchronous = full; pragma busy_timeout = 10000;
            pragma cache_size = -65536; pragma wal_autocheckpoint = 8192; pragma temp_store = memory;
            """;
        settings.ExecuteNonQuery();
        return opened;
    }

    private sealed record Work(Func<Session, Task<object?>> Run, CancellationToken CancellationToken);
}

/// <param name="Failure">Why nothing of the work was written; null: it is durable, or had nothing to write.</param>
internal sealed record Outcome(object? Value, Exception? Failure);
