using System.Diagnostics;

namespace Hypernode.Bench.Running;

/// <summary>All rows in one run: every row is started and warmed up, then they take turns, so that a drifting machine drifts for all.</summary>
internal sealed class EngineBench(BenchOptions options, IReadOnlyList<RowPlan> plans, Services services, Action<string> say)
{
    private const double RoundSeconds = 8;
    private const int LeastJobs = 100;

    public async Task<EngineReport> RunAsync()
    {
        var rows = new Dictionary<string, Row>(StringComparer.Ordinal);
        var jobs = new Dictionary<string, int>(StringComparer.Ordinal);
        var measured = plans.ToDictionary(p => p.Key, _ => new List<Measured>(), StringComparer.Ordinal);
        try
        {
            foreach (var plan in plans)
            {
                say($"starting {plan.Key}");
                rows[plan.Key] = await plan.StartAsync();
                jobs[plan.Key] = await WarmUpAsync(plan, rows[plan.Key]);
            }

            var published = await PublishedAsync(rows);
            for (var round = 0; round < options.Rounds; round++)
            {
                for (var turn = 0; turn < plans.Count; turn++)
                {
                    // Not always in the same order: whoever follows a heavy row meets its leftovers.
                    var plan = plans[(turn + round) % plans.Count];
                    var result = await rows[plan.Key].RunAsync(jobs[plan.Key], options.Outstanding);
                    measured[plan.Key].Add(result);
                    say($"round {round + 1} {plan.Key}: {Describe(result)}");
                }
            }

            var messages = (await PublishedAsync(rows) - published) / Math.Max(1.0, measured.GetValueOrDefault(RowPlans.Services)?.Sum(m => m.Jobs) ?? 0);
            return new EngineReport([.. plans.Select(p => new RowReport(p, measured[p.Key]))], messages);
        }
        finally
        {
            await Task.WhenAll(rows.Values.Select(r => r.DisposeAsync().AsTask()));
        }
    }

    /// <returns>Jobs in a round: as many as were asked for, or as a slow row does in a few seconds.</returns>
    private async Task<int> WarmUpAsync(RowPlan plan, Row row)
    {
        // In slices: the first jobs tell more of the just-in-time compiler than of the engine.
        var started = Stopwatch.GetTimestamp();
        Measured warm;
        do
        {
            warm = await row.RunAsync(Math.Min(LeastJobs, options.Jobs), options.Outstanding);
        }
        while (Stopwatch.GetElapsedTime(started).TotalSeconds < options.WarmUpSeconds);
        say($"warm-up {plan.Key}: in the end {Describe(warm)}");
        return Within(warm.JobsPerSecond * RoundSeconds);
    }

    private int Within(double wanted) => (int)Math.Clamp(wanted, Math.Min(LeastJobs, options.Jobs), options.Jobs);

    private async Task<long> PublishedAsync(Dictionary<string, Row> rows) =>
        rows.ContainsKey(RowPlans.Services) ? await services.PublishedAsync($"bench-{RowPlans.Services}") : 0;

    private static string Describe(Measured m) =>
        $"{m.Jobs} jobs, {m.JobsPerSecond:F0}/s, CPU ms a job {string.Join(" + ", m.CpuMs.Select(c => $"{c.Key} {c.Value:F2}"))} = {m.CpuMs.Values.Sum():F2}";
}
