using System.Data.Common;
using Hypernode.Contracts.Ports;
using Hypernode.Storage.Model;

namespace Hypernode.Storage.Shared;

/// <summary>
/// The ways into a storage: ordinary reads by EF Core; what is asked or written for each job by hand-written SQL in prepared
/// statements, because EF Core's share of a small query is several times the query's own.
/// </summary>
internal abstract class Database
{
    private StorageUnavailableException? _full;

    /// <summary>For ordinary reads; does not track.</summary>
    public abstract HypernodeDb NewContext();

    /// <summary>The rows of a constant query.</summary>
    public abstract Task<List<T>> ReadAsync<T>(string sql, Func<Row, T> read, CancellationToken cancellationToken, params Parameter[] parameters);

    /// <summary>The one row of a constant query by key; null: there is none.</summary>
    public async Task<T?> FindAsync<T>(string sql, Func<Row, T> read, CancellationToken cancellationToken, params Parameter[] parameters)
        where T : class =>
        (await ReadAsync(sql, read, cancellationToken, parameters)).SingleOrDefault();

    /// <summary>After a group of so many writes that came at once: a moment in which the next can gather, where that pays.</summary>
    public virtual Task GatherAsync(int items) => Task.CompletedTask;

    /// <summary>The same constant statement for each set of parameters, in one transaction: one round trip where there are any.</summary>
    /// <returns>Rows affected by all of them.</returns>
    /// <exception cref="StorageUnavailableException">It was written whole or not at all.</exception>
    public abstract Task<int> WriteEachAsync(string sql, IEnumerable<Parameter[]> rows, CancellationToken cancellationToken);

    /// <summary>Why there is no room, or soon none, for what a job still has to write; null: there is.</summary>
    public virtual string? ShortOfRoom() => Interlocked.Exchange(ref _full, null)?.Message;

    /// <summary>
    /// Commits when <paramref name="work"/> returns, unless it abandoned the session; rolls back when it throws.
    /// The work may run again (a deadlock's victim): it changes nothing but the database.
    /// </summary>
    /// <exception cref="StorageUnavailableException">It was written whole or not at all.</exception>
    public abstract Task<T> WriteAsync<T>(Func<Session, Task<T>> work, CancellationToken cancellationToken);

    /// <exception cref="StorageUnavailableException">The storage's own state, where there is one to tell.</exception>
    protected void ThrowUnavailable(StorageUnavailableException? unavailable)
    {
        if (unavailable is null)
        {
            return;
        }

        if (unavailable.Condition == StorageCondition.Full)
        {
            _full = unavailable; // a small write may find room where this one did not: told at the next question
        }

        throw unavailable;
    }
}

/// <summary>One row as both storages give it; columns by number.</summary>
/// <param name="TimesAreNumbers">Milliseconds since the epoch, where the storage has no times.</param>
internal readonly record struct Row(DbDataReader Reader, bool TimesAreNumbers)
{
    public string Text(int column) => Reader.GetString(column);

    public string? TextOrNull(int column) => Reader.IsDBNull(column) ? null : Reader.GetString(column);

    public int Int(int column) => Reader.GetInt32(column);

    public long Long(int column) => Reader.GetInt64(column);

    public long? LongOrNull(int column) => Reader.IsDBNull(column) ? null : Reader.GetInt64(column);

    public bool Flag(int column) => Reader.GetBoolean(column);

    public byte[] Bytes(int column) => Reader.GetFieldValue<byte[]>(column);

    public DateTimeOffset Time(int column) => TimesAreNumbers
        ? DateTimeOffset.FromUnixTimeMilliseconds(Reader.GetInt64(column))
        : Reader.GetFieldValue<DateTimeOffset>(column);

    public DateTimeOffset? TimeOrNull(int column) => Reader.IsDBNull(column) ? null : Time(column);
}
