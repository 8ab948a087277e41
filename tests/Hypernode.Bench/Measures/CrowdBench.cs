using Hypernode.Bench.Loads;
using Hypernode.Bench.Running;
using Hypernode.Bench.Stack;

namespace Hypernode.Bench.Measures;

/// <summary>
/// Many open jobs, each held in Executing by a node that beats, against the empty system: what other jobs notice of them. One
/// stack after the other, since the crowd's beats would burden the empty system, too; empty, crowd, and empty again.
/// </summary>
internal sealed class CrowdBench(BenchOptions options, RowPlans plans, Action<string> say)
{
    private const int JobsOfANode = 10;
    private const int HoldSeconds = 3_600;

    public async Task<Report> RunAsync()
    {
        var (before, emptyBytes) = await MeasureAsync("empty", new LoadOptions(), held: 0);
        var nodes = Math.Max(1, options.Size / JobsOfANode);
        var (crowd, crowdBytes) = await MeasureAsync("crowd", new LoadOptions { Nodes = nodes }, options.Size);
        var (after, _) = await MeasureAsync("empty again", new LoadOptions(), held: 0);
        List<Measured> empty = [.. before, .. after];
        var (emptySpeed, crowdSpeed) = (Speed(empty), Speed(crowd));
        var (emptyCpu, crowdCpu) = (Cpu(empty), Cpu(crowd));
        var ratio = crowdSpeed.Median / emptySpeed.Median;
        return new Report(
            "./hn bench crowd",
            $"services stack, sagas and workers together, SimulatedChain; {options.WarmUpSeconds} s of warm-up, then rounds of up to {options.Jobs} jobs or {options.Seconds} s, {options.Outstanding} outstanding; empty, crowd, empty again; a node with a lease beats every 3 s",
            [
                new Table(
                    ["system", "jobs/s", "CPU ms a job", "saga host, resident MB"],
                    [
                        ["empty (8 nodes)", $"{emptySpeed}", $"{emptyCpu}", $"{Megabytes(emptyBytes):F0}"],
                        [$"{options.Size} jobs open, {nodes} nodes beat", $"{crowdSpeed}", $"{crowdCpu}", $"{Megabytes(crowdBytes):F0}"],
                        ["crowd ÷ empty", $"{ratio:F2}", $"{crowdCpu.Median / emptyCpu.Median:F2}", ""],
                    ]),
            ],
            new
            {
                OpenJobs = options.Size,
                Nodes = nodes,
                CrowdOverEmpty = Math.Round(ratio, 3),
                SagaHostMegabytes = Math.Round(Megabytes(crowdBytes), 1),
                Empty = new { JobsPerSecond = emptySpeed.ToJson(), CpuMsPerJob = emptyCpu.ToJson() },
                Crowd = new { JobsPerSecond = crowdSpeed.ToJson(), CpuMsPerJob = crowdCpu.ToJson() },
            });
    }

    private async Task<(List<Measured> Rounds, long HostBytes)> MeasureAsync(string name, LoadOptions load, int held)
    {
        say($"{name}: starting with {load.Nodes} nodes");
        await using var row = await plans.ServicesAsync("crowd", ["sagas,workers"], load);
        say($"{name}: warm-up, in the end {await Rounds.WarmUpAsync(row, options)}");
        if (held > 0)
        {
            var opened = await row.Load.AskAsync<RunAnswer>($"hold {new Load(held, options.Outstanding, HoldSeconds)}");
            say($"{name}: {opened.Jobs} jobs are open after {opened.Seconds:F0} s");
        }

        var rounds = new List<Measured>();
        for (var round = 1; round <= options.Rounds; round++)
        {
            rounds.Add(await row.RunAsync(options.Round));
            say($"{name}: {rounds[^1]}");
        }

        if (held > 0 && await row.ExecutingAsync() is var open && open < held)
        {
            throw new BenchException($"only {open} of the {held} held jobs are still in Executing: the crowd was not held");
        }

        return (rounds, ProcessTree.ResidentBytes(row.Hosts[0].Id));
    }

    private static Spread Speed(IEnumerable<Measured> rounds) => Spread.Of(rounds.Select(r => r.JobsPerSecond));

    private static Spread Cpu(IEnumerable<Measured> rounds) => Spread.Of(rounds.Select(r => r.CpuMs.Values.Sum()));

    private static double Megabytes(long bytes) => bytes / 1024.0 / 1024.0;
}
