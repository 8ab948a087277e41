using Hypernode.Contracts.Ports;
using Hypernode.Sagas.Engine;

namespace Hypernode.Host.Health;

/// <summary>
/// Asks the storage every two seconds for one durable write. While it can't take one, or takes too long, nothing new is
/// accepted: an intake that is refused clearly loses nothing. It heals by itself with the first good answer. One small write
/// may be fast where the engine's transactions are not: while a transition waits too long for its commit, the storage is slow too.
/// </summary>
internal sealed partial class StorageWatch(IStorageProbe probe, CommitLoop commits, TimeProvider time, ILogger<StorageWatch> logger) : BackgroundService, IStorageWatch
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    /// <summary>As long as the probe waits for its own write.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);

    // The migration has just written to it.
    private volatile StorageHealth _current = new(StorageCondition.Ok, "", TimeSpan.Zero);

    public StorageHealth Current => _current;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                Note(Judge(await probe.ProbeAsync(stoppingToken)));
                await Task.Delay(Pause, time, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
    }

    private StorageHealth Judge(StorageHealth probed)
    {
        var wait = commits.Backlog;
        return probed.Condition == StorageCondition.Ok && wait >= LongestWait
            ? new StorageHealth(StorageCondition.Slow, $"a transition has waited {wait.TotalSeconds:F0} s for its commit", wait)
            : probed;
    }

    private void Note(StorageHealth health)
    {
        var before = _current.Condition;
        _current = health;
        if (health.Condition == before)
        {
            return;
        }

        if (health.Condition == StorageCondition.Ok)
        {
            Healed(logger, before);
        }
        else
        {
            Ill(logger, health.Condition, health.Reason);
        }
    }

    [LoggerMessage(2301, LogLevel.Error, "ALARM the storage is {Condition}: {Reason}. No job is accepted until it writes again; none is lost")]
    private static partial void Ill(ILogger logger, StorageCondition condition, string reason);

    [LoggerMessage(2302, LogLevel.Information, "The storage writes again; it was {Before}")]
    private static partial void Healed(ILogger logger, StorageCondition before);
}
