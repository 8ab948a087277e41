using Hypernode.Bench.Loads;
using Npgsql;

namespace Hypernode.Bench.Running;

/// <summary>A stack that is measured: how it is started, and what its figures are called.</summary>
/// <param name="Key">As it is named on the command line.</param>
/// <param name="Durability">What survives what, with the settings that say so.</param>
internal sealed record RowPlan(string Key, string Name, string Durability, Func<Task<Row>> StartAsync);

/// <summary>A stack that runs: the process that puts it under load, the hosts beside it, and every process whose CPU counts.</summary>
internal sealed class Row(RowProcess load, IReadOnlyList<RowProcess> hosts, IReadOnlyDictionary<string, int> counted, bool counts = false) : IAsyncDisposable
{
    public RowProcess Load => load;

    /// <summary>The connection string, where there is one.</summary>
    public string? Database { get; init; }

    public string? VirtualHost { get; init; }

    /// <summary>Removes what it leaves in the services.</summary>
    public Func<Task>? Forget { get; init; }

    public IReadOnlyList<RowProcess> Hosts => hosts;

    public IReadOnlyDictionary<string, int> Counted => counted;

    /// <summary>Makes what the jobs need beforehand (signed intents: the wallets' work is not ours), then runs them and counts.</summary>
    public async Task<Measured> RunAsync(Load wanted)
    {
        await load.AskAsync($"prepare {wanted.Jobs}");
        var (cpuBefore, countsBefore) = (ProcessTree.CpuOf(counted), await CountersAsync());
        var answer = await load.AskAsync<RunAnswer>($"run {wanted}");
        var (cpuAfter, countsAfter) = (ProcessTree.CpuOf(counted), await CountersAsync());
        return new Measured(
            (int)answer.Jobs,
            answer.Seconds,
            cpuAfter.ToDictionary(a => a.Key, a => (a.Value - cpuBefore[a.Key]) / answer.Jobs),
            countsAfter.ToDictionary(c => c.Key, c => c.Value - countsBefore.GetValueOrDefault(c.Key)));
    }

    public async Task<long> CountAsync(string counter) => (await CountersAsync()).GetValueOrDefault(counter);

    /// <summary>Jobs that a node is at, as the database has it.</summary>
    public async Task<long> ExecutingAsync()
    {
        await using var source = NpgsqlDataSource.Create(Database!);
        await using var command = source.CreateCommand("select count(*) from jobs where state = 'Executing'");
        return (long)(await command.ExecuteScalarAsync())!;
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(hosts.Append(load).Select(o => o.DisposeAsync().AsTask()));
        await (Forget?.Invoke() ?? Task.CompletedTask);
    }

    /// <summary>What our processes have counted so far; nothing of somebody else's engine.</summary>
    private async Task<Dictionary<string, long>> CountersAsync()
    {
        var sums = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var process in counts ? hosts.Append(load) : [])
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

    public double JitMs => Counts.GetValueOrDefault(Compiler.Counter) / 1000.0 / Jobs;

    public double CommitsPerTransition => Transitions == 0 ? 0 : (double)Commits / Transitions;

    public long Commits => Counts.GetValueOrDefault("hypernode.engine.commits");

    public long Transitions => Counts.GetValueOrDefault("hypernode.engine.transitions");

    public override string ToString() =>
        $"{Jobs} jobs, {JobsPerSecond:F0}/s, CPU ms a job {string.Join(" + ", CpuMs.Select(c => $"{c.Key} {c.Value:F2}"))} = {CpuMs.Values.Sum():F2}, compiler {JitMs:F2}{(Transitions == 0 ? "" : $", {CommitsPerTransition:F3} commits a transition")}";
}
