using Hypernode.Contracts.Ports;

namespace Hypernode.Storage.Shared;

/// <summary>Writes one row of its own, durably, and looks how long it takes.</summary>
internal sealed class StorageProbe(Database database, TimeProvider clock) : IStorageProbe
{
    // A write is milliseconds. One that takes a thousand times as long promises jobs that wait for their storage.
    private static readonly TimeSpan _slow = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(5);

    public async Task<StorageHealth> ProbeAsync(CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(_patience, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        var start = clock.GetTimestamp();
        try
        {
            // A write that hears no cancellation (a disk that hangs) is not waited for.
            await Task.Run(() => WriteAsync(both.Token), CancellationToken.None).WaitAsync(both.Token);
            var latency = clock.GetElapsedTime(start);
            return database.ShortOfRoom() is { } reason ? new StorageHealth(StorageCondition.Full, reason, latency)
                : latency >= _slow ? new StorageHealth(StorageCondition.Slow, $"a write took {latency.TotalSeconds:F1} s", latency)
                : new StorageHealth(StorageCondition.Ok, "", latency);
        }
        catch (StorageUnavailableException e)
        {
            return new StorageHealth(e.Condition, e.Message, clock.GetElapsedTime(start));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new StorageHealth(StorageCondition.Slow, $"no answer within {_patience.TotalSeconds:F0} s", clock.GetElapsedTime(start));
        }
        catch (Exception e) when (e is not OutOfMemoryException && !cancellationToken.IsCancellationRequested)
        {
            // Whatever else it is (a wrong password, a missing table): no write is possible. Its text may tell too much.
            return new StorageHealth(StorageCondition.Unreachable, $"the storage refuses to write ({e.GetType().Name})", clock.GetElapsedTime(start));
        }
    }

    private Task<int> WriteAsync(CancellationToken cancellationToken) => database.WriteAsync(
        session => session.ExecuteAsync(
            "insert into storage_probe (id, at) values (1, @at) on conflict (id) do update set at = excluded.at",
            ("at", clock.GetUtcNow())),
        cancellationToken);
}
