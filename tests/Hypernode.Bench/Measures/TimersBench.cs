using Hypernode.Bench.Running;

namespace Hypernode.Bench.Measures;

/// <summary>An idle services stack, in turns without timers and with many that are armed and not due: what the pump's looks cost.</summary>
internal sealed class TimersBench(BenchOptions options, RowPlans plans, Action<string> say)
{
    public async Task<Report> RunAsync()
    {
        await using var row = await plans.ServicesAsync("timers", ["sagas,workers"]);
        say($"warm-up: in the end {await Rounds.WarmUpAsync(row, options)}");
        await IdleAsync(row); // what the load left behind is done with
        var (without, with) = (new List<IReadOnlyDictionary<string, double>>(), new List<IReadOnlyDictionary<string, double>>());
        for (var round = 1; round <= options.Rounds; round++)
        {
            without.Add(await IdleAsync(row));
            await History.ArmAsync(row.Database!, options.Size);
            with.Add(await IdleAsync(row));
            await History.DisarmAsync(row.Database!);
            say($"round {round}: CPU ms a second without {Show(without[^1])}, with {Show(with[^1])}");
        }

        string[] counted = [.. without[0].Keys.Where(k => k is not ("load" or "rabbitmq"))];
        var sums = (Without: Sum(without, counted), With: Sum(with, counted));
        return new Report(
            "./hn bench timers",
            $"an idle services stack after {options.WarmUpSeconds} s of load, {options.Seconds} s each in turns without and with armed timers; the pump looks every 200 ms",
            [
                new Table(
                    ["CPU ms a second", "0 timers", $"{options.Size} timers"],
                    [
                        .. counted.Select(c => (string[])[c, $"{Of(without, c)}", $"{Of(with, c)}"]),
                        ["together", $"{sums.Without}", $"{sums.With}"],
                    ]),
            ],
            new
            {
                Timers = options.Size,
                CpuMsPerSecond = new { Without = sums.Without.ToJson(), With = sums.With.ToJson() },
                DifferenceMsPerSecond = Math.Round(sums.With.Median - sums.Without.Median, 3),
            });
    }

    private async Task<IReadOnlyDictionary<string, double>> IdleAsync(Row row)
    {
        var before = ProcessTree.CpuOf(row.Counted);
        await Task.Delay(TimeSpan.FromSeconds(options.Seconds));
        return ProcessTree.CpuOf(row.Counted).ToDictionary(a => a.Key, a => (a.Value - before[a.Key]) / options.Seconds);
    }

    private static Spread Of(List<IReadOnlyDictionary<string, double>> rounds, string process) => Spread.Of(rounds.Select(r => r[process]));

    private static Spread Sum(List<IReadOnlyDictionary<string, double>> rounds, string[] processes) => Spread.Of(rounds.Select(r => processes.Sum(p => r[p])));

    private static string Show(IReadOnlyDictionary<string, double> round) => string.Join(" + ", round.Select(r => $"{r.Key} {r.Value:F1}"));
}
