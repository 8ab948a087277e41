using System.Diagnostics;
using Hypernode.Bench.Measures;
using Hypernode.Bench.Running;
using Hypernode.Solana;

namespace Hypernode.Bench.Settlement;

/// <summary>
/// Settlements from C# to a confirmed block of the localnet: build, three oracles' signatures, the fee payer's, send, confirm.
/// Payments are locked and assigned beforehand. In the end every unit that was charged must be where it belongs.
/// </summary>
internal sealed class SettleBench(BenchOptions options, Action<string> say)
{
    private static readonly TimeSpan BlockhashAge = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim _asking = new(1, 1);
    private (LatestBlockHash Hash, long At)? _blockhash;

    public async Task<Report> RunAsync()
    {
        using var world = await SettleWorld.OpenAsync();
        var localnet = int.Parse(Environment.GetEnvironmentVariable("HYPERNODE_BENCH_LOCALNET_PID") ?? throw new BenchException("start it as hn bench settle"));
        var counted = new Dictionary<string, int> { ["client"] = Environment.ProcessId, ["localnet"] = localnet };
        say($"warm-up: {await RoundAsync(world, Math.Min(500, options.Size), counted)}");
        var rounds = new List<Settled>();
        for (var round = 1; round <= options.Rounds; round++)
        {
            rounds.Add(await RoundAsync(world, options.Size, counted));
            say($"round {round}: {rounds[^1]}");
        }

        var sign = SignOnly(world);
        Spread Of(Func<Settled, double> value) => Spread.Of(rounds.Select(value));
        var (rate, client, node) = (Of(r => r.PerSecond), Of(r => r.CpuMs["client"]), Of(r => r.CpuMs["localnet"]));
        return new Report(
            "./hn bench settle",
            $"rounds of {options.Size} settlements, {options.Outstanding} outstanding; each is built and signed (three oracles, fee payer), sent without preflight to the localnet, which executes it on the SVM and syncs it to disk, and is confirmed when its block is; locked and assigned beforehand; every unit is counted afterwards",
            [
                new Table(
                    ["settlements", "median", "min", "max"],
                    [
                        ["confirmed a second", $"{rate.Median:F0}", $"{rate.Min:F0}", $"{rate.Max:F0}"],
                        Line("CPU ms each, client", client),
                        Line("CPU ms each, localnet", node),
                        Line("ms from send to confirmed, median", Of(r => r.LatencyMs.Median)),
                        ["built and signed a second, one core, nothing sent", $"{sign:F0}", "", ""],
                    ]),
            ],
            new { PerSecond = rate.ToJson(), ClientCpuMs = client.ToJson(), LocalnetCpuMs = node.ToJson(), SignedPerSecond = Math.Round(sign) });

        static string[] Line(string name, Spread s) => [name, $"{s.Median:F2}", $"{s.Min:F2}", $"{s.Max:F2}"];
    }

    private async Task<Settled> RoundAsync(SettleWorld world, int count, Dictionary<string, int> counted)
    {
        var intents = new Guid[count];
        await ForAllAsync(count, async i => intents[i] = await world.FundAsync(await BlockhashAsync(world.Rpc), i));
        var (paidBefore, cpuBefore) = (await world.PaidAsync(), ProcessTree.CpuOf(counted));
        var latencies = new double[count];
        var watch = Stopwatch.StartNew();
        await ForAllAsync(count, async i =>
        {
            var blockhash = await BlockhashAsync(world.Rpc);
            var transaction = world.Settlement(intents[i], i, blockhash);
            var sent = watch.Elapsed;
            SettleWorld.Require(await world.Sender.SendAsync(transaction, blockhash.LastValidBlockHeight, skipPreflight: true));
            latencies[i] = (watch.Elapsed - sent).TotalMilliseconds;
        });
        var seconds = watch.Elapsed.TotalSeconds;
        var cpu = ProcessTree.CpuOf(counted).ToDictionary(c => c.Key, c => (c.Value - cpuBefore[c.Key]) / count);
        var paid = await world.PaidAsync() - paidBefore;
        if (paid != checked((ulong)count * SettleWorld.Charge))
        {
            throw new BenchException($"{paid} base units were paid for {count} settlements of {SettleWorld.Charge}");
        }

        return new Settled(count / seconds, cpu, Spread.Of(latencies));
    }

    private async Task ForAllAsync(int count, Func<int, Task> one)
    {
        var next = -1;
        await Task.WhenAll(Enumerable.Range(0, Math.Min(options.Outstanding, count)).Select(_ => Task.Run(async () =>
        {
            for (var i = Interlocked.Increment(ref next); i < count; i = Interlocked.Increment(ref next))
            {
                await one(i);
            }
        })));
    }

    /// <summary>One for many: a blockhash is good for a minute.</summary>
    private async Task<LatestBlockHash> BlockhashAsync(IRpcClient rpc)
    {
        await _asking.WaitAsync();
        try
        {
            if (_blockhash is not { } known || Stopwatch.GetElapsedTime(known.At) > BlockhashAge)
            {
                _blockhash = known = (await rpc.GetLatestBlockHashAsync(), Stopwatch.GetTimestamp());
            }

            return known.Hash;
        }
        finally
        {
            _asking.Release();
        }
    }

    private double SignOnly(SettleWorld world)
    {
        const int count = 300;
        var blockhash = _blockhash!.Value.Hash;
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < count; i++)
        {
            world.Settlement(Guid.NewGuid(), i, blockhash).Serialize();
        }

        return count / watch.Elapsed.TotalSeconds;
    }

    /// <param name="CpuMs">a settlement, by process</param>
    private sealed record Settled(double PerSecond, IReadOnlyDictionary<string, double> CpuMs, Spread LatencyMs)
    {
        public override string ToString() => $"{PerSecond:F0} settlements/s, CPU ms each {string.Join(" + ", CpuMs.Select(c => $"{c.Key} {c.Value:F2}"))}, confirmed after {LatencyMs} ms";
    }
}
