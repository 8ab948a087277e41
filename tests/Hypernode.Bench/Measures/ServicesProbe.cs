using Hypernode.Bench.Loads;
using Hypernode.Bench.Running;

namespace Hypernode.Bench.Measures;

/// <summary>What is asked of the services stack beside its rounds.</summary>
/// <param name="MessagesPerJob">As the broker counted them, without the nodes' beats.</param>
/// <param name="Saturated">With <see cref="ServicesProbe.Saturation"/> jobs open.</param>
internal sealed record Probed(double MessagesPerJob, Measured Saturated, PaceAnswer Latency);

internal sealed class ServicesProbe(BenchOptions options, RowPlans plans, Services services, Action<string> say)
{
    public const int Saturation = 256;
    private const int CountedJobs = 1_000;
    private const int BeatsUnderway = 2;
    private const int PacedSeconds = 30;
    private const int PacedPerSecond = 10;

    public async Task<Probed> RunAsync()
    {
        say("counting messages, saturating, and pacing the services stack");
        await using var row = await plans.ServicesAsync(RowPlans.Services, ["sagas,workers"]);
        await Rounds.WarmUpAsync(row, options);

        var before = await PublishedForJobsAsync(row);
        var counted = await row.RunAsync(new Load(Math.Min(CountedJobs, options.Jobs), options.Outstanding, options.Seconds));
        var messages = (await PublishedForJobsAsync(row) - before) / (double)counted.Jobs;

        var saturated = await row.RunAsync(options.Round with { Outstanding = Saturation });
        say($"{Saturation} outstanding: {saturated}");
        var latency = await row.Load.AskAsync<PaceAnswer>($"pace {Math.Min(PacedSeconds * PacedPerSecond, options.Jobs)} {PacedPerSecond}");
        return new Probed(messages, saturated, latency);
    }

    /// <summary>Without beats. The broker's statistics come late on a busy machine: they are read until they stand still, but for a beat or two.</summary>
    private async Task<long> PublishedForJobsAsync(Row row)
    {
        for (var last = long.MinValue / 2; ;)
        {
            var now = await services.PublishedAsync(row.VirtualHost!) - await row.CountAsync(Stack.NodeFleet.BeatsCounter);
            if (Math.Abs(now - last) <= BeatsUnderway)
            {
                return now;
            }

            last = now;
        }
    }
}
