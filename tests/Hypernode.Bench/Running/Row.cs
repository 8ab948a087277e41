namespace Hypernode.Bench.Running;

/// <summary>A stack that is measured: how it is started, and what its figures are called.</summary>
/// <param name="Key">As it is named on the command line.</param>
/// <param name="Durability">What survives what, with the settings that say so.</param>
internal sealed record RowPlan(string Key, string Name, string Durability, Func<Task<Row>> StartAsync);

/// <summary>A stack that runs: the process that puts it under load, the hosts beside it, and every process whose CPU counts.</summary>
internal sealed class Row(RowProcess load, IReadOnlyList<RowProcess> hosts, IReadOnlyDictionary<string, int> counted, bool isOurs = false) : IAsyncDisposable
{
    public RowProcess Load => load;

    public IReadOnlyList<RowProcess> Hosts => hosts;

    public IReadOnlyDictionary<string, int> Counted => counted;

    /// <summary>Makes what the jobs need beforehand (signed intents: the wallets' work is not ours), then runs them and counts.</summary>
    public async Task<Measured> RunAsync(int jobs, int outstanding)
    {
        await load.AskAsync($"prepare {jobs}");
        var (cpuBefore, countsBefore) = (ProcessTree.CpuOf(counted), await CountersAsync());
        var answer = await load.AskAsync($"run {jobs} {outstanding}");
        var (cpuAfter, countsAfter) = (ProcessTree.CpuOf(counted), await CountersAsync());
        return new Measured(
            jobs,
            answer.GetProperty("seconds").GetDouble(),
            cpuAfter.ToDictionary(a => a.Key, a => (a.Value - cpuBefore[a.Key]) / jobs),
            countsAfter.ToDictionary(c => c.Key, c => c.Value - countsBefore.GetValueOrDefault(c.Key)));
    }

    public async ValueTask DisposeAsync()
    {
        await load.DisposeAsync();
        await Task.WhenAll(hosts.Select(o => o.DisposeAsync().AsTask()));
    }

    /// <summary>What the engines of this stack have counted so far; nothing of somebody else's engine.</summary>
    private async Task<Dictionary<string, long>> CountersAsync()
    {
        var sums = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var process in isOurs ? hosts.Append(load) : [])
        {
            foreach (var counter in (await process.AskAsync("counters")).EnumerateObject())
            {
                sums[counter.Name] = sums.GetValueOrDefault(counter.Name) + counter.Value.GetInt64();
            }
        }

        return sums;
    }
}

/// <param name="CpuMs">CPU ms a job, by process tree.</param>
/// <param name="Counts">What the engines counted, by the name of the instrument.</param>
internal sealed record Measured(int Jobs, double Seconds, IReadOnlyDictionary<string, double> CpuMs, IReadOnlyDictionary<string, long> Counts)
{
    public double JobsPerSecond => Jobs / Seconds;

    public long Commits => Counts.GetValueOrDefault("hypernode.engine.commits");

    public long Transitions => Counts.GetValueOrDefault("hypernode.engine.transitions");
}
