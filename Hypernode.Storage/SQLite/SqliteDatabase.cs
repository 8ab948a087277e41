using System.Collections.Concurrent;
using Hypernode.Contracts.Ports;
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
    private const long Reserve = 64 << 20;

    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly ConcurrentBag<Prepared> _readers = [];
    private readonly PooledDbContextFactory<HypernodeDb> _contexts;
    private readonly string _connectionString;
    private Prepared? _writer;
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

    /// <summary>Before the disk is full: the jobs that were accepted need room to end.</summary>
    public override string? ShortOfRoom() => base.ShortOfRoom()
        ?? (new DriveInfo(Path.GetFullPath(FilePath)).AvailableFreeSpace < Reserve ? $"less than {Reserve >> 20} MiB are free for the database file" : null);

    public override HypernodeDb NewContext() => _contexts.CreateDbContext();

    /// <summary>From a reader of its own, beside the writer. SQLite reads in place: there is nothing to wait for.</summary>
    public override Task<List<T>> ReadAsync<T>(string sql, Func<Row, T> read, CancellationToken cancellationToken, params Parameter[] parameters)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!_readers.TryTake(out var reader))
        {
            reader = new Prepared(_connectionString);
        }

        try
        {
            var result = Task.FromResult(reader.Read(sql, read, parameters));
            _readers.Add(reader);
            return result;
        }
        catch (Exception e)
        {
            reader.Dispose();
            ThrowUnavailable(SqliteCondition.Of(e));
            throw;
        }
    }

    public override Task<int> WriteEachAsync(string sql, IEnumerable<Parameter[]> rows, CancellationToken cancellationToken) =>
        WriteAsync(session => session.ExecuteEachAsync(sql, rows), cancellationToken);

    public override async Task<T> WriteAsync<T>(Func<Session, Task<T>> work, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            _writer ??= OpenWriter();
            return await InTransactionAsync(_writer, work, cancellationToken);
        }
        catch (Exception e)
        {
            if (SqliteCondition.Of(e) is { Condition: StorageCondition.ReadOnly or StorageCondition.Unreachable })
            {
                // What is open stays as it was opened: the next write looks at the file anew.
                _writer?.Dispose();
                _writer = null;
            }

            ThrowUnavailable(SqliteCondition.Of(e));
            throw;
        }
        finally
        {
            _turn.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        await _turn.WaitAsync();
        _disposed = true;
        _writer?.Dispose();
        while (_readers.TryTake(out var reader))
        {
            reader.Dispose();
        }

        using (var pool = new SqliteConnection(_connectionString))
        {
            SqliteConnection.ClearPool(pool); // closes the readers: the last one to close folds the log into the file
        }

        _turn.Dispose();
    }

    private static async Task<T> InTransactionAsync<T>(Prepared writer, Func<Session, Task<T>> work, CancellationToken cancellationToken)
    {
        await using var transaction = writer.Connection.BeginTransaction(deferred: false); // takes the write lock at once: no upgrade can fail later
        var session = new Session(transaction, writer.Command, StoredValue.ForSqlite, cancellationToken);
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

    private Prepared OpenWriter()
    {
        if (Path.GetDirectoryName(Path.GetFullPath(FilePath)) is { } folder)
        {
            Directory.CreateDirectory(folder);
        }

        var writer = new Prepared(_connectionString);
        using var settings = writer.Connection.CreateCommand();

        // The writer's working set stays in memory (64 MiB), and the log is folded into the file every 32 MiB rather than every 4.
        settings.CommandText = """
            pragma journal_mode = wal; pragma synchronous = full; pragma busy_timeout = 10000;
            pragma cache_size = -65536; pragma wal_autocheckpoint = 8192; pragma temp_store = memory;
            """;
        settings.ExecuteNonQuery();
        return writer;
    }

    /// <summary>A connection and its statements, compiled once: they are few and constant. Used by one at a time.</summary>
    private sealed class Prepared : IDisposable
    {
        private readonly Dictionary<string, SqliteCommand> _commands = [];

        public Prepared(string connectionString)
        {
            Connection = new SqliteConnection(connectionString);
            Connection.Open();
        }

        public SqliteConnection Connection { get; }

        public SqliteCommand Command(string sql)
        {
            if (!_commands.TryGetValue(sql, out var command))
            {
                command = Connection.CreateCommand();
                command.CommandText = sql;
                _commands[sql] = command;
            }

            return command;
        }

        public List<T> Read<T>(string sql, Func<Row, T> read, Parameter[] parameters)
        {
            var command = Command(sql);
            Session.Fill(command, parameters, StoredValue.ForSqlite);
            var rows = new List<T>();
            using var reader = command.ExecuteReader();
            while (reader.Read())
            {
                rows.Add(read(new Row(reader, TimesAreNumbers: true)));
            }

            return rows;
        }

        public void Dispose()
        {
            foreach (var command in _commands.Values)
            {
                command.Dispose();
            }

            Connection.Dispose();
        }
    }
}
