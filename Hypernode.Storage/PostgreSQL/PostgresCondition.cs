using System.Net.Sockets;
using Hypernode.Contracts.Ports;
using Npgsql;

namespace Hypernode.Storage.PostgreSQL;

/// <summary>Which failures are the server's state and not the statement's fault.</summary>
internal static class PostgresCondition
{
    /// <summary>Null: it is the statement's own failure. The texts are ours: the server's may name hosts and users.</summary>
    public static StorageUnavailableException? Of(Exception failure) => failure switch
    {
        PostgresException e => OfState(e) is var (condition, reason) ? new StorageUnavailableException(condition, $"{reason} ({e.SqlState})", e) : null,
        NpgsqlException { InnerException: TimeoutException } => new(StorageCondition.Slow, "PostgreSQL did not answer in time", failure),
        NpgsqlException { InnerException: IOException or SocketException } => new(StorageCondition.Unreachable, "PostgreSQL can't be reached", failure),
        NpgsqlException => new(StorageCondition.Unreachable, "the connection to PostgreSQL failed", failure),
        TimeoutException => new(StorageCondition.Slow, "PostgreSQL did not answer in time", failure),
        SocketException => new(StorageCondition.Unreachable, "PostgreSQL can't be reached", failure),
        _ => null,
    };

    private static (StorageCondition Condition, string Reason)? OfState(PostgresException e) => e.SqlState switch
    {
        PostgresErrorCodes.ReadOnlySqlTransaction => (StorageCondition.ReadOnly, "PostgreSQL accepts no writes"),
        PostgresErrorCodes.DiskFull => (StorageCondition.Full, "PostgreSQL's disk is full"),
        PostgresErrorCodes.QueryCanceled => (StorageCondition.Slow, "PostgreSQL gave up a statement that took too long"),
        ['5', '3', ..] => (StorageCondition.Unreachable, "PostgreSQL has run out of a resource"),
        ['5', '7', ..] => (StorageCondition.Unreachable, "PostgreSQL is stopping or starting"),
        ['5', '8', ..] => (StorageCondition.Unreachable, "PostgreSQL can't use its files"),
        ['0', '8', ..] => (StorageCondition.Unreachable, "the connection to PostgreSQL failed"),
        _ => null,
    };
}
