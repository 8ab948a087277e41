using Hypernode.Contracts.Ports;
using Microsoft.Data.Sqlite;
using static SQLitePCL.raw;

namespace Hypernode.Storage.SQLite;

/// <summary>Which failures are the file's state and not the statement's fault.</summary>
internal static class SqliteCondition
{
    /// <summary>Null: it is the statement's own failure.</summary>
    public static StorageUnavailableException? Of(Exception failure) => failure switch
    {
        SqliteException { SqliteErrorCode: SQLITE_READONLY or SQLITE_PERM } => new(StorageCondition.ReadOnly, "the database file can't be written", failure),
        SqliteException { SqliteErrorCode: SQLITE_FULL } => new(StorageCondition.Full, "the disk of the database file is full", failure),
        SqliteException { SqliteErrorCode: SQLITE_BUSY or SQLITE_LOCKED } => new(StorageCondition.Slow, "another process holds the database file", failure),
        SqliteException { SqliteErrorCode: SQLITE_IOERR or SQLITE_CANTOPEN } => new(StorageCondition.Unreachable, "the database file can't be opened, read or written", failure),
        UnauthorizedAccessException => new(StorageCondition.ReadOnly, "the database's folder can't be written", failure),
        IOException => new(StorageCondition.Unreachable, "the database's folder can't be used", failure),
        _ => null,
    };
}
