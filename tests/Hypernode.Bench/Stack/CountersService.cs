using Hypernode.Bench.Loads;

namespace Hypernode.Bench.Stack;

/// <summary>Tells the runner this host's counters, and ends the host when the runner is gone.</summary>
internal sealed class CountersService(EngineCounters counters, IHostApplicationLifetime lifetime) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await lifetime.StartedAsync();
        await LoadProtocol.ServeAsync((_, _) => Task.FromResult<object>(counters.Now), stoppingToken);
        lifetime.StopApplication();
    }
}

internal static class Lifetimes
{
    public static async Task StartedAsync(this IHostApplicationLifetime lifetime)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = lifetime.ApplicationStarted.Register(started.SetResult);
        await started.Task;
    }
}
