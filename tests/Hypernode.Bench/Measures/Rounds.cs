using System.Diagnostics;
using Hypernode.Bench.Loads;
using Hypernode.Bench.Running;

namespace Hypernode.Bench.Measures;

/// <summary>Rows that take turns, so that a drifting machine drifts for all of them.</summary>
internal sealed class Rounds(BenchOptions options, IReadOnlyList<RowPlan> plans, Action<string> say)
{
    private readonly Dictionary<string, List<Measured>> _measured = plans.ToDictionary(p => p.Key, _ => new List<Measured>(), StringComparer.Ordinal);

    public Task<Dictionary<string, List<Measured>>> RunAsync() => options.Warm ? RunWarmAsync() : RunFreshAsync();

    /// <summary>Each row in each round from its start: one row at a time is there at all.</summary>
    public async Task<Dictionary<string, List<Measured>>> RunFreshAsync()
    {
        await EachTurnAsync(async plan =>
        {
            await using var row = await plan.StartAsync();
            await row.RunAsync(options.Round with { Jobs = BenchOptions.WarmUpJobs });
            return await row.RunAsync(options.Round);
        });
        return _measured;
    }

    /// <summary>All rows are started and warmed up first.</summary>
    /// <param name="warmed">What else is to be done then.</param>
    public async Task<Dictionary<string, List<Measured>>> RunWarmAsync(Func<IReadOnlyDictionary<string, Row>, Task>? warmed = null)
    {
        var rows = new Dictionary<string, Row>(StringComparer.Ordinal);
        try
        {
            foreach (var plan in plans)
            {
                say($"starting {plan.Key}");
                rows[plan.Key] = await plan.StartAsync();
                say($"warm-up {plan.Key}: in the end {await WarmUpAsync(rows[plan.Key], options)}");
            }

            await (warmed?.Invoke(rows) ?? Task.CompletedTask);
            await EachTurnAsync(plan => rows[plan.Key].RunAsync(options.Round));
            return _measured;
        }
        finally
        {
            await Task.WhenAll(rows.Values.Select(r => r.DisposeAsync().AsTask()));
        }
    }

    /// <returns>Its last slice: the first jobs tell more of the just-in-time compiler than of the stack.</returns>
    public static async Task<Measured> WarmUpAsync(Row row, BenchOptions options)
    {
        var started = Stopwatch.GetTimestamp();
        Measured slice;
        do
        {
            slice = await row.RunAsync(new Load(BenchOptions.WarmUpJobs, options.Outstanding, options.Seconds));
        }
        while (Stopwatch.GetElapsedTime(started).TotalSeconds < options.WarmUpSeconds);
        return slice;
    }

    private async Task EachTurnAsync(Func<RowPlan, Task<Measured>> measureAsync)
    {
        for (var round = 0; round < options.Rounds; round++)
        {
            for (var turn = 0; turn < plans.Count; turn++)
            {
                // Not always in the same order: whoever follows a heavy row meets its leftovers.
                var plan = plans[(turn + round) % plans.Count];
                var result = await measureAsync(plan);
                _measured[plan.Key].Add(result);
                say($"round {round + 1} {plan.Key}: {result}");
            }
        }
    }
}
