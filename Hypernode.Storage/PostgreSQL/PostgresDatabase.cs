using System.Collections.Concurrent;
using System.Data;
using System.Data.Common;
using Hypernode.Storage.Model;
using Hypernode.Storage.Shared;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Npgsql;

namespace Hypernode.Storage.PostgreSQL;

/// <summary>A pool of connections; transactions at READ COMMITTED, because the version guard decides who wins.</summary>
internal sealed class PostgresDatabase : Database, IAsyncDisposable
{
    private const int MaxRuns = 5;
    private const int LargestGroup = 64;
    private const int GatherFrom = 3;

    // Every query here goes by an index, row by row, and none is worth compiling or planning anew at each call. Plans are kept for a
    // connection's life: one that was made while a table was small or unknown must not read all of it when it has grown.
    private const string PointLookups =
        "-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c jit=off -c plan_cache_mode=force_generic_plan";

    private static readonly TimeSpan _gather = TimeSpan.FromMilliseconds(2);

    private readonly ConcurrentDictionary<string, PostgresStatement> _statements = [];
    private readonly PooledDbContextFactory<HypernodeDb> _contexts;
    private readonly Grouping<Lookup, object> _lookups;

    public PostgresDatabase(string connectionString)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString) { ApplicationName = "hypernode" };
        if (!settings.ShouldSerialize("Max Auto Prepare")) // not named, by this or any other of its names
        {
            settings.MaxAutoPrepare = 100; // the journal's statements are constant: parse and plan them once a connection
        }

        if (!settings.ShouldSerialize("Maximum Pool Size"))
        {
            settings.MaxPoolSize = 32; // several hosts share one server, and what comes at once is grouped anyway
        }

        settings.NoResetOnClose = true; // nothing here changes a session's state, and a reset costs as much as a small statement
        settings.Options = $"{PointLookups} {settings.Options}".TrimEnd();

        Source = new NpgsqlDataSourceBuilder(settings.ConnectionString).Build();
        var options = new DbContextOptionsBuilder<HypernodeDb>()
            .UseNpgsql(Source)
            .UseQueryTrackingBehavior(QueryTrackingBehavior.NoTracking)
            .Options;
        _contexts = new PooledDbContextFactory<HypernodeDb>(options);
        _lookups = new Grouping<Lookup, object>(LookUpAsync, LargestGroup);
    }

    public NpgsqlDataSource Source { get; }

    public override HypernodeDb NewContext() => _contexts.CreateDbContext();

    /// <summary>A server's flush and round trip cost about the same for one item as for ten.</summary>
    public override Task GatherAsync(int items) => items < GatherFrom ? Task.CompletedTask : Task.Delay(_gather, TimeProvider.System);

    /// <summary>Queries that are asked at once share a round trip.</summary>
    public override async Task<List<T>> ReadAsync<T>(string sql, Func<Row, T> read, CancellationToken cancellationToken, params Parameter[] parameters) =>
        (List<T>)await _lookups.AskAsync(new Lookup(StatementOf(sql), parameters, reader => RowsAsync(reader, read)), cancellationToken);

    /// <summary>The rows that a command answers.</summary>
    /// <param name="commandOf">Makes it: another run needs another one.</param>
    public Task<List<T>> QueryAsync<T>(Func<NpgsqlCommand> commandOf, Func<Row, T> read, CancellationToken cancellationToken) =>
        WithRetryAsync(async () =>
        {
            await using var command = commandOf();
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            return (List<T>)await RowsAsync(reader, read);
        });

    /// <returns>Rows affected.</returns>
    public Task<int> ExecuteAsync(Func<NpgsqlCommand> commandOf, CancellationToken cancellationToken) =>
        WithRetryAsync(async () =>
        {
            await using var command = commandOf();
            return await command.ExecuteNonQueryAsync(cancellationToken);
        });

    public override Task<int> WriteEachAsync(string sql, IEnumerable<Parameter[]> rows, CancellationToken cancellationToken)
    {
        var (statement, all) = (StatementOf(sql), rows.ToArray());
        return WithRetryAsync(async () =>
        {
            await using var batch = Source.CreateBatch(); // an implicit transaction
            foreach (var row in all)
            {
                batch.BatchCommands.Add(statement.InBatch(Values(row)));
            }

            return all.Length == 0 ? 0 : await batch.ExecuteNonQueryAsync(cancellationToken);
        });
    }

    public override Task<T> WriteAsync<T>(Func<Session, Task<T>> work, CancellationToken cancellationToken) =>
        WithRetryAsync(() => RunAsync(work, cancellationToken));

    /// <summary>
    /// Runs again what the server rolled back to let another through (deadlock, serialization), or because the same message was
    /// committed beside it, which the next run sees. Nothing of it was written.
    /// </summary>
    public async Task<T> WithRetryAsync<T>(Func<Task<T>> run)
    {
        for (var runs = 1; ; runs++)
        {
            try
            {
                return await run();
            }
            catch (PostgresException e) when (runs < MaxRuns && LetAnotherThrough(e))
            {
                // The other transaction has gone ahead.
            }
            catch (Exception e)
            {
                ThrowUnavailable(PostgresCondition.Of(e));
                throw;
            }
        }
    }

    public ValueTask DisposeAsync() => Source.DisposeAsync();

    private static (string, NpgsqlParameter)[] Values(Parameter[] parameters) =>
        Array.ConvertAll(parameters, p => (p.Name, new NpgsqlParameter { Value = StoredValue.ForPostgres(p.Value) }));

    private static bool LetAnotherThrough(PostgresException e) =>
        e.SqlState is PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure
        || e is { SqlState: PostgresErrorCodes.UniqueViolation, ConstraintName: "inbox_pkey" };

    /// <summary>Each its own statement, all in one round trip.</summary>
    private Task<IReadOnlyList<object>> LookUpAsync(IReadOnlyList<Lookup> lookups) => WithRetryAsync<IReadOnlyList<object>>(async () =>
    {
        await using var batch = Source.CreateBatch();
        foreach (var lookup in lookups)
        {
            batch.BatchCommands.Add(lookup.Statement.InBatch(Values(lookup.Parameters)));
        }

        var found = new object[lookups.Count];
        await using var reader = await batch.ExecuteReaderAsync();
        for (var i = 0; i < found.Length; i++)
        {
            found[i] = await lookups[i].Collect(reader);
            await reader.NextResultAsync();
        }

        return found;
    });

    private PostgresStatement StatementOf(string sql) => _statements.GetOrAdd(sql, static text => new PostgresStatement(text));

    private async Task<T> RunAsync<T>(Func<Session, Task<T>> work, CancellationToken cancellationToken)
    {
        await using var connection = await Source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken);
        var session = new Session(transaction, CommandOf, StoredValue.ForPostgres, cancellationToken);
        var result = await work(session); // a throw disposes the transaction, which rolls back
        if (session.Abandoned)
        {
            await transaction.RollbackAsync(cancellationToken);
        }
        else
        {
            await transaction.CommitAsync(cancellationToken);
        }

        return result;

        DbCommand CommandOf(string sql) => new NpgsqlCommand(sql, connection);
    }

    private static async Task<object> RowsAsync<T>(NpgsqlDataReader reader, Func<Row, T> read)
    {
        var rows = new List<T>();
        while (await reader.ReadAsync())
        {
            rows.Add(read(new Row(reader, TimesAreNumbers: false)));
        }

        return rows;
    }

    private sealed record Lookup(PostgresStatement Statement, Parameter[] Parameters, Func<NpgsqlDataReader, Task<object>> Collect);
}
