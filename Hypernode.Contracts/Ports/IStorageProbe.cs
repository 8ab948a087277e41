using System.Data.Common;

namespace Hypernode.Contracts.Ports;

/// <summary>Asks the storage for what it is for: one durable write.</summary>
public interface IStorageProbe
{
    /// <summary>Answers within a few seconds, whatever the storage does; throws only when cancelled.</summary>
    Task<StorageHealth> ProbeAsync(CancellationToken cancellationToken);
}

public enum StorageCondition
{
    Ok,
    ReadOnly,
    Full,

    /// <summary>It writes, but not fast enough to take more in; or it did not answer in time.</summary>
    Slow,
    Unreachable,
}

/// <param name="Reason">For people, and fit to be shown: it holds no address, name or secret. Empty when all is well.</param>
/// <param name="Latency">Of the write, or of the wait for it.</param>
public sealed record StorageHealth(StorageCondition Condition, string Reason, TimeSpan Latency);

/// <summary>
/// A write that the storage can't take now. Nothing is known of it: it was written whole or not at all, and asking again is safe.
/// </summary>
public sealed class StorageUnavailableException(StorageCondition condition, string reason, Exception? cause = null) : DbException(reason, cause)
{
    public StorageCondition Condition { get; } = condition;

    public override bool IsTransient => true;
}
