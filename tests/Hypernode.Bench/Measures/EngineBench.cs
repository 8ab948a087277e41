using Hypernode.Bench.Running;

namespace Hypernode.Bench.Measures;

/// <summary>All rows in one run; then a services stack is asked what one job costs the broker, what saturation brings, and how long a job takes.</summary>
internal sealed class EngineBench(BenchOptions options, RowPlans plans, Services services, Action<string> say)
{
    public async Task<Report> RunAsync()
    {
        var unknown = options.Rows.Except(plans.All.Select(p => p.Key)).ToList();
        if (unknown.Count > 0)
        {
            throw new BenchException($"no row {string.Join(", ", unknown)}; there are {string.Join(", ", plans.All.Select(p => p.Key))}");
        }

        var chosen = plans.All.Where(p => options.Rows.Count == 0 || options.Rows.Contains(p.Key)).ToList();
        var measured = await new Rounds(options, chosen, say).RunAsync();
        var probed = chosen.Any(p => p.Key == RowPlans.Services) ? await new ServicesProbe(options, plans, services, say).RunAsync() : null;
        return new EngineReport(options, [.. chosen.Select(p => new RowReport(p, measured[p.Key]))], probed).ToReport();
    }
}
