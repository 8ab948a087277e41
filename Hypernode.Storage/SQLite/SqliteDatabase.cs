using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using Hypernode.Contracts.Ports;
using Hypernode.Storage.Model;
using Hypernode.Storage.Shared;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;

namespace Hypernode.Storage.SQLite;

/// <summary>
/// One file in WAL mode: one writer (SQLite has one anyway), readers from a pool. <c>synchronous=FULL</c>: a commit that
/// returned survives a power cut.
/// </summary>
internal sealed class SqliteDatabase : Database, IAsyncDisposable
{
    private const long Reserve = 64 << 20;

    private readonly ConcurrentBag<SqliteStatements> _readers = [];
    private readonly PooledDbContextFactory<HypernodeDb> _contexts;
    private readonly string _connectionString;
    private readonly SqliteWriter _writer;
    private bool _disposed;

    public SqliteDatabase(string path)
    {
        _connectionString = new SqliteConnectionStringBuilder { DataSource = path, ForeignKeys = true }.ConnectionString;
        FilePath = path;
        _writer = new SqliteWriter(_connectionString, path);
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
            reader = new SqliteStatements(_connectionString);
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
        var (value, failure) = await _writer.WriteAsync(async session => await work(session), cancellationToken);
        if (failure is not null)
        {
            ThrowUnavailable(SqliteCondition.Of(failure));
            ExceptionDispatchInfo.Throw(failure);
        }

        return (T)value!;
    }

    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        await _writer.DisposeAsync();
        while (_readers.TryTake(out var reader))
        {
            reader.Dispose();
        }

        using (var pool = new SqliteConnection(_connectionString))
        {
            SqliteConnection.ClearPool(pool); // closes the readers: the last one to close folds the log into the file
        }
    }
}
