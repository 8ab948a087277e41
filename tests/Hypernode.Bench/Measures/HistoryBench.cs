using System.Diagnostics;
using Hypernode.Bench.Running;

namespace Hypernode.Bench.Measures;

/// <summary>Two warm services stacks that take turns: one whose tables are empty but for its own jobs, one with a long past.</summary>
internal sealed class HistoryBench(BenchOptions options, RowPlans plans, Action<string> say)
{
    private const string Short = "empty";
    private const string Long = "past";

    public async Task<Report> RunAsync()
    {
        List<RowPlan> both = [Plan(Short), Plan(Long)];
        var measured = await new Rounds(options, both, say).RunWarmAsync(async rows =>
        {
            var started = Stopwatch.GetTimestamp();
            await History.FillAsync(rows[Long].Database!, options.Size);
            say($"{options.Size} finished jobs were written in {Stopwatch.GetElapsedTime(started).TotalSeconds:F0} s");
        });
        var (shortSpeed, longSpeed) = (Speed(measured[Short]), Speed(measured[Long]));
        var (shortCpu, longCpu) = (Cpu(measured[Short]), Cpu(measured[Long]));
        var ratio = longCpu.Median / shortCpu.Median;
        return new Report(
            "./hn bench history",
            $"two services stacks, sagas and workers together, SimulatedChain, both warmed up for {options.WarmUpSeconds} s; then the past is copied from a finished job by SQL (jobs, intents, transitions, leases, logs, receipts, inbox), vacuumed and checkpointed; the stacks take turns with up to {options.Jobs} jobs or {options.Seconds} s, {options.Outstanding} outstanding",
            [
                new Table(
                    ["finished jobs", "jobs/s", "CPU ms a job"],
                    [
                        ["0", $"{shortSpeed}", $"{shortCpu}"],
                        [$"{options.Size}", $"{longSpeed}", $"{longCpu}"],
                        ["with a past ÷ without", $"{longSpeed.Median / shortSpeed.Median:F3}", $"{ratio:F3}"],
                    ]),
            ],
            new
            {
                FinishedJobs = options.Size,
                CostRatio = Math.Round(ratio, 3),
                SpeedRatio = Math.Round(longSpeed.Median / shortSpeed.Median, 3),
                Empty = new { JobsPerSecond = shortSpeed.ToJson(), CpuMsPerJob = shortCpu.ToJson() },
                Past = new { JobsPerSecond = longSpeed.ToJson(), CpuMsPerJob = longCpu.ToJson() },
            });
    }

    private RowPlan Plan(string key) => new(key, key, "", () => plans.ServicesAsync(key, ["sagas,workers"]));

    private static Spread Speed(IEnumerable<Measured> rounds) => Spread.Of(rounds.Select(r => r.JobsPerSecond));

    private static Spread Cpu(IEnumerable<Measured> rounds) => Spread.Of(rounds.Select(r => r.CpuMs.Values.Sum()));
}
