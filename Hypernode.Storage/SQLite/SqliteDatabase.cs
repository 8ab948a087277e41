using System.Data.Common;
using Hypernode.Storage.Model;
using Hypernode.Storage.Shared;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;

namespace Hypernode.Storage.SQLite;

/// <summary>
/// One file in WAL mode: one writer connection behind a lock (SQLite has one writer anyway; the lock makes waiters queue
/// instead of poll), readers from a pool. <c>synchronous=FULL</c>: a commit that returned survives a power cut.
/// </summary>
internal sealed class SqliteDatabase : Database, IAsyncDisposable
{
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly Dictionary<string, SqliteCommand> _prepared = [];
    private readonly PooledDbContextFactory<HypernodeDb> _contexts;
    private readonly string _connectionString;
    private SqliteConnection? _writer;
    private bool _disposed;

    public SqliteDatabase(string path)
    {
        _connectionString = new SqliteConnectionStringBuilder { DataSource = path, ForeignKeys = true }.ConnectionString;
        FilePath = path;
        var options = new DbContextOptionsBuilder<HypernodeDb>()
            .UseSqlite(_connectionString)
            .UseQueryTrackingBehavior(QueryTrackingBehavior.NoTracking)
            .Options;
        _contexts = new PooledDbContextFactory<HypernodeDb>(options);
    }

    public string FilePath { get; }

    public override HypernodeDb NewContext() => _contexts.CreateDbContext();

    public override async Task<T> WriteAsync<T>(Func<Session, Task<T>> work, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            _writer ??= OpenWriter();
            await using var transaction = _writer.BeginTransaction(deferred: false); // takes the write lock at once: no upgrade can fail later
            var session = new Session(transaction, Prepared, StoredValue.ForSqlite, cancellationToken);
            var result = await work(session); // a throw disposes the transaction, which rolls back
            if (session.Abandoned)
            {
                await transaction.RollbackAsync(CancellationToken.None);
            }
            else
            {
                await transaction.CommitAsync(CancellationToken.None);
            }

            return result;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>The first row, from a pooled reader; default when there is none.</summary>
    public async Task<T?> ReadAsync<T>(string sql, Func<DbDataReader, T> read, params Parameter[] parameters)
        where T : class =>
        await ReadAllAsync(sql, read, parameters) is [var first, ..] ? first : null;

    /// <summary>SQLite reads in place: there is nothing to wait for, hence no token.</summary>
    public async Task<IReadOnlyList<T>> ReadAllAsync<T>(string sql, Func<DbDataReader, T> read, params Parameter[] parameters)
    {
        await using var connection = new SqliteConnection(_connectionString);
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in parameters)
        {
            command.Parameters.AddWithValue(name, StoredValue.ForSqlite(value));
        }

        var rows = new List<T>();
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            rows.Add(read(reader));
        }

        return rows;
    }

    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        await _turn.WaitAsync();
        _disposed = true;
        foreach (var command in _prepared.Values)
        {
            await command.DisposeAsync();
        }

        _prepared.Clear();
        if (_writer is not null)
        {
            await _writer.DisposeAsync();
        }

        using (var pool = new SqliteConnection(_connectionString))
        {
            SqliteConnection.ClearPool(pool); // closes the readers: the last one to close folds the log into the file
        }

        _turn.Dispose();
    }

    private SqliteConnection OpenWriter()
    {
        if (Path.GetDirectoryName(Path.GetFullPath(FilePath)) is { } folder)
        {
            Directory.CreateDirectory(folder);
        }

        var connection = new SqliteConnection(_connectionString);
        connection.Open();
        using var settings = connection.CreateCommand();

        // The writer's working set stays in memory (64 MiB), and the log is folded into the file every 32 MiB rather than every 4.
        settings.CommandText = """
            pragma journal_mode = wal; pragma synchronous = full; pragma busy_timeout = 10000;
            pragma cache_size = -65536; pragma wal_autocheckpoint = 8192; pragma temp_store = memory;
            """;
        settings.ExecuteNonQuery();
        return connection;
    }

    /// <summary>Compiled once: the statements are few and constant. Used under the lock only.</summary>
    private SqliteCommand Prepared(string sql)
    {
        if (!_prepared.TryGetValue(sql, out var command))
        {
            command = _writer!.CreateCommand();
            command.CommandText = sql;
            _prepared[sql] = command;
        }

        return command;
    }
}
