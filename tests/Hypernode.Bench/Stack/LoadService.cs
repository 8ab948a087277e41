using Hypernode.Bench.Loads;

namespace Hypernode.Bench.Stack;

/// <summary>Does what the runner asks for: prepares jobs, runs them, tells counters; ends the process when the runner is gone.</summary>
internal sealed class LoadService(NodeFleet nodes, JobLoad load, EngineCounters counters, IHostApplicationLifetime lifetime, ILogger<LoadService> logger)
    : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await lifetime.StartedAsync();
            await nodes.EnlistAsync(stoppingToken);
            await LoadProtocol.ServeAsync(HandleAsync, stoppingToken);
            lifetime.StopApplication();
        }
        catch (Exception e) when (!stoppingToken.IsCancellationRequested)
        {
            // The runner shows the end of this log.
            logger.LogError(e, "the load can't go on");
            Environment.Exit(1);
        }
    }

    private async Task<object> HandleAsync(string verb, long[] numbers)
    {
        switch (verb)
        {
            case "prepare":
                load.Prepare((int)numbers[0]);
                return new Done();
            case "run":
                return await load.RunAsync(Load.Of(numbers));
            case "pace":
                return await load.PaceAsync((int)numbers[0], (int)numbers[1]);
            case "hold":
                return await load.HoldAsync(Load.Of(numbers));
            case "counters":
                return new Dictionary<string, long>(counters.Now) { [NodeFleet.BeatsCounter] = nodes.Beats };
            default:
                throw new ArgumentException($"no such command: {verb}", nameof(verb));
        }
    }
}
