using System.Globalization;
using Hypernode.Bench.Loads;
using Hypernode.Bench.Running;

namespace Hypernode.Bench.Measures;

/// <summary>How long a job takes that comes to a quiet system: ten a second, on the services stack.</summary>
internal sealed class LatencyBench(BenchOptions options, RowPlans plans, Action<string> say)
{
    private const int PerSecond = 10;

    public async Task<Report> RunAsync()
    {
        await using var row = await plans.ServicesAsync(RowPlans.Services, ["sagas,workers"]);
        say($"warm-up: in the end {await Rounds.WarmUpAsync(row, options)}");
        say($"{options.Size} jobs, {PerSecond} a second");
        var answer = await row.Load.AskAsync<PaceAnswer>($"pace {options.Size} {PerSecond}");
        return new Report(
            "./hn bench latency",
            $"services stack, sagas and workers together, SimulatedChain; {options.WarmUpSeconds} s of warm-up under load, then {answer.Jobs} jobs at {PerSecond} a second",
            [new Table(["services stack", "figure"], Figures(answer))],
            new { LatencyMs = ToJson(answer), answer.Jobs, answer.JobsPerSecond });
    }

    public static List<string[]> Figures(PaceAnswer answer) =>
    [
        [$"submitted → assigned and told to the node, ms, {answer.JobsPerSecond} jobs/s: p50 / p99 / max", Show(answer.Assigned)],
        [$"submitted → paid, seen in the database, ms, {answer.JobsPerSecond} jobs/s: p50 / p99 / max", Show(answer.Paid)],
    ];

    public static object ToJson(PaceAnswer answer) => new
    {
        P50 = Math.Round(answer.Assigned.P50, 2),
        P99 = Math.Round(answer.Assigned.P99, 2),
        PaidP50 = Math.Round(answer.Paid.P50, 2),
        PaidP99 = Math.Round(answer.Paid.P99, 2),
    };

    private static string Show(Percentiles of) => string.Create(CultureInfo.InvariantCulture, $"{of.P50:F1} / {of.P99:F1} / {of.Max:F1}");
}
