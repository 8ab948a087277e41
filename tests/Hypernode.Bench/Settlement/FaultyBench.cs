using System.Diagnostics;
using System.Text.Json;
using Hypernode.Bench.Measures;
using Hypernode.Bench.Running;
using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Text;
using Hypernode.Solana;
using Hypernode.Workers.Adapters.Solana;
using Hypernode.Workers.Settlement;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hypernode.Bench.Settlement;

/// <summary>
/// Settlements through the product's own settler and escrow while the localnet drops transactions, loses answers and delivers
/// twice, and commands come twice. In the end every account must have what it should, to the unit.
/// </summary>
internal sealed class FaultyBench(BenchOptions options, Action<string> say)
{
    private const int PerMille = 10;
    private const int Outstanding = 256;
    private const int Seed = 1;

    public async Task<Report> RunAsync()
    {
        using var world = await SettleWorld.OpenAsync();
        say($"locking and assigning {options.Size} payments");
        var commands = new SettlePayment[options.Size];
        var blockhash = await world.Rpc.GetLatestBlockHashAsync();
        var funded = 0;
        await Parallel.ForAsync(0, commands.Length, new ParallelOptions { MaxDegreeOfParallelism = Outstanding }, async (i, c) =>
        {
            if (Interlocked.Increment(ref funded) % 2_000 == 0)
            {
                blockhash = await world.Rpc.GetLatestBlockHashAsync(cancellation: c);
            }

            commands[i] = Command(await world.FundAsync(blockhash, i), world.Nodes[i % world.Nodes.Count].PublicKey);
        });

        var before = await world.BalancesAsync();
        var sentBefore = (await world.FaultsAsync(new { dropPerMille = PerMille, unknownPerMille = PerMille, twicePerMille = PerMille, seed = Seed })).GetProperty("sent").GetInt32();
        var settler = new PaymentSettler(world.Escrow(new SolanaOptions { PollMilliseconds = 400, MaxPriorityMicroLamports = 0 }), NullLogger<PaymentSettler>.Instance);
        var watch = Stopwatch.StartNew();
        var run = await new FaultySettlements(settler, Outstanding, PerMille).RunAsync(commands, CancellationToken.None);
        var seconds = watch.Elapsed.TotalSeconds;
        var faults = await world.FaultsAsync(new { dropPerMille = 0, unknownPerMille = 0, twicePerMille = 0 });
        RequireExact(world, before, await world.BalancesAsync(), faults);
        return Describe(run, faults, sentBefore, seconds);
    }

    private void RequireExact(SettleWorld world, ulong[] before, ulong[] after, JsonElement faults)
    {
        var (split, count) = (FeeSplit.Of(new HyperAmount(SettleWorld.Charge)), (ulong)options.Size);
        ulong[] expected =
        [
            .. world.Nodes.Select((_, n) => split.NodeShare.BaseUnits * (ulong)Enumerable.Range(0, options.Size).Count(i => i % world.Nodes.Count == n)),
            split.ProtocolFee.BaseUnits * count,
            split.PlatformFee.BaseUnits * count,
            (SettleWorld.Amount - SettleWorld.Charge) * count,
        ];
        for (var i = 0; i < expected.Length; i++)
        {
            if (after[i] - before[i] != expected[i])
            {
                throw new BenchException($"account {i} got {after[i] - before[i]} base units instead of {expected[i]}");
            }
        }

        if (faults.GetProperty("tookTwice").GetInt32() != 0)
        {
            throw new BenchException("the chain took the same transaction twice");
        }
    }

    private Report Describe(FaultyRun run, JsonElement faults, int sentBefore, double seconds)
    {
        int Count(string name) => faults.GetProperty(name).GetInt32();
        return new Report(
            "./hn bench settle --faults",
            $"{options.Size} payments, locked and assigned beforehand, are settled by the product's settler and escrow, {Outstanding} at a time; of the transactions 1 % are dropped, 1 % lose their answer and 1 % are delivered twice (seed {Seed}), of the commands 1 % are handled twice at once; then every account is compared with what it should have, to the unit",
            [
                new Table(
                    ["on a bad network", "count"],
                    [
                        ["jobs settled, each once", $"{run.Settled}"],
                        ["transactions sent, resent ones too", $"{Count("sent") - sentBefore}"],
                        ["dropped", $"{Count("dropped")}"],
                        ["answer lost", $"{Count("unknown")}"],
                        ["delivered twice", $"{Count("twice")}"],
                        ["taken twice by the chain", $"{Count("tookTwice")}"],
                        ["commands handled twice at once", $"{run.Twice}"],
                        ["answers \"unknown\", asked for again", $"{run.Unknown}"],
                        ["refusals that could pass, tried again", $"{run.Again}"],
                        ["seconds", $"{seconds:F0}"],
                        ["base units that are not where they belong", "0"],
                    ]),
            ],
            new { run.Settled, Sent = Count("sent") - sentBefore, Dropped = Count("dropped"), AnswerLost = Count("unknown"), Twice = Count("twice"), TookTwice = Count("tookTwice"), CommandsTwice = run.Twice, run.Unknown, run.Again, Seconds = Math.Round(seconds) });
    }

    private static SettlePayment Command(Guid intent, PublicKey node) => new(
        new JobId(intent), new IntentId(intent), 1, default, WalletAddress.FromBytes(node.AsSpan()), Verdict.Succeeded, new HyperAmount(SettleWorld.Charge),
        Hash256.Of("execution"u8), Hash256.Of("logs"u8), Pending: null);
}
