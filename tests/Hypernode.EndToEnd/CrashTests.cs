using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Hypernode.Cli.Chain;
using Hypernode.Cli.Client;
using Hypernode.Cli.Stack;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Solana;
using Hypernode.Solana.Facilitator;
using Xunit.Abstractions;

namespace Hypernode.EndToEnd;

[Trait("Needs", "docker")]
[Trait("Needs", "localnet")]
public class CrashTests(ITestOutputHelper output)
{
    private const int Jobs = 200;
    private const int Kills = 20;
    private static readonly HyperAmount Amount = new(50_000);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(8);

    [Fact]
    public async Task Killed_twenty_times_under_two_hundred_jobs_each_is_settled_once_and_nothing_is_lost()
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("HYPERNODE_TEST_SEED"), out var given) ? given : Random.Shared.Next();
        output.WriteLine($"seed {seed} (HYPERNODE_TEST_SEED repeats the moments of the kills)");
        var clock = Stopwatch.StartNew();
        await using var host = await CrashingHost.CreateAsync(
            new WorkflowWindows { MaxAttempts = 10, StepSeconds = 5, MatchRetrySeconds = 1, SilenceSeconds = 15 },
            [.. Enumerable.Range(1, 4).Select(i => new AgentPlan($"node-{i}", Slots: 3))]);
        host.Start();
        await host.WaitUntilReadyAsync();
        using var payer = host.LoadPayer();
        using var api = new ApiClient(host.Ready!.Url);
        await api.SignInAsync(payer, CancellationToken.None);
        foreach (var agent in host.Agents)
        {
            await api.RegisterNodeAsync(agent.Registration(TimeProvider.System.GetUtcNow()), host.Ready.Network, agent.NodeKey, agent.Authority, CancellationToken.None);
        }

        using var http = new HttpClient();
        await host.Chain(http).ApproveAllowanceAsync(payer, Amount.BaseUnits * Jobs, TimeProvider.System, CancellationToken.None);
        var spec = new JobSpec(JobType.Custom, host.Image, new JobLimits(100, 16, TimeoutSeconds: 60), EstimatedTime: 2, Script: "echo done");
        var prepared = new List<PreparedIntent>();
        for (var i = 0; i < Jobs; i++)
        {
            prepared.Add(await api.PrepareAsync(payer.PublicKey, Amount, spec, CancellationToken.None));
        }

        var before = await BalancesAsync(host, http, payer);
        output.WriteLine($"{clock.Elapsed.TotalSeconds:0} s: {Jobs} intents are signed");
        var submitting = SubmitAllAsync(api, prepared, spec, payer);
        await KillAgainAndAgainAsync(host, new Random(seed), clock);
        await submitting.WaitAsync(Patience);
        await UntilAllHaveEndedAsync(host, http, clock);

        await CheckAsync(host, http, api, payer, prepared, before);
    }

    private async Task KillAgainAndAgainAsync(CrashingHost host, Random random, Stopwatch clock)
    {
        for (var kill = 1; kill <= Kills; kill++)
        {
            // Every other kill is counted from the process's start, so that some hit it while it recovers from the last one.
            if (kill % 2 == 0)
            {
                await host.WaitUntilReadyAsync();
            }

            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(500, 7_000)));
            await host.KillAsync();
            output.WriteLine($"{clock.Elapsed.TotalSeconds:0} s: kill {kill}");
            host.Start();
        }

        await host.WaitUntilReadyAsync();
    }

    /// <summary>A client whose request had no answer sends the same again.</summary>
    private static async Task SubmitAllAsync(ApiClient api, List<PreparedIntent> prepared, JobSpec spec, Account payer)
    {
        var open = new ConcurrentQueue<PreparedIntent>(prepared);
        await Task.WhenAll(Enumerable.Range(0, 6).Select(async _ =>
        {
            while (open.TryDequeue(out var next))
            {
                var agreement = Agreement.By(payer, next, Funding.Intent);
                while (!await TryAsync(() => api.SubmitAsync(next, spec, agreement, CancellationToken.None)))
                {
                    await Task.Delay(100);
                }
            }
        }));
    }

    private static async Task<bool> TryAsync(Func<Task> request)
    {
        try
        {
            await request();
            return true;
        }
        catch (RefusedException e) when (e.Status < 500)
        {
            throw;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException or RefusedException)
        {
            return false;
        }
    }

    private async Task UntilAllHaveEndedAsync(CrashingHost host, HttpClient http, Stopwatch clock)
    {
        var (last, told) = ("", TimeSpan.Zero);
        while (true)
        {
            var stats = await http.GetFromJsonAsync<JsonNode>($"{host.Ready!.Url}/api/stats/jobs");
            var byState = stats!["byState"]!.AsObject().ToDictionary(s => s.Key, s => s.Value!.GetValue<long>());
            var ended = byState.Where(s => JobStateNames.IsTerminal(s.Key)).Sum(s => s.Value);
            var now = string.Join(", ", byState.Select(s => $"{s.Value} {s.Key}"));
            if (now != last && clock.Elapsed > told + TimeSpan.FromSeconds(5))
            {
                told = clock.Elapsed;
                output.WriteLine($"{told.TotalSeconds:0} s: {last = now}");
            }

            if (ended == Jobs)
            {
                return;
            }

            clock.Elapsed.ShouldBeLessThan(Patience, $"{ended} of {Jobs} have ended: {now}; the host's log ends:\n{string.Join('\n', File.ReadLines(host.LogFile).TakeLast(30))}");
            await Task.Delay(500);
        }
    }

    private static async Task CheckAsync(
        CrashingHost host, HttpClient http, ApiClient api, Account payer, List<PreparedIntent> prepared, Balances before)
    {
        var payments = (await host.Chain(http).PaymentsAsync(CancellationToken.None)).ToDictionary(p => p.IntentId);
        payments.Count.ShouldBe(Jobs, "every job has one payment on chain");
        payments.Values.ShouldAllBe(p => p.Status != PaymentStatus.Pending);
        var (charged, shares) = (0UL, new FeeSplit(default, default, default));
        foreach (var intent in prepared)
        {
            var job = await api.JobAsync(intent.PaymentIntent.JobId, CancellationToken.None);
            var payment = payments[Guid.Parse(intent.PaymentIntent.IntentId)];
            job.State.ShouldBe(payment.Status == PaymentStatus.Completed ? JobStateNames.Paid : JobStateNames.Refunded, job.JobId);
            job.Transitions.Count(t => JobStateNames.IsTerminal(t.State)).ShouldBe(1, $"{job.JobId} ends once");
            job.Charge.ShouldBe(payment.Charge, job.JobId);
            (job.Charge + job.Refund).ShouldBe(Amount.BaseUnits, job.JobId);
            var split = FeeSplit.Of(new HyperAmount(payment.Charge));
            charged += payment.Charge;
            shares = new(shares.NodeShare + split.NodeShare, shares.ProtocolFee + split.ProtocolFee, shares.PlatformFee + split.PlatformFee);
        }

        var after = await BalancesAsync(host, http, payer);
        (before.Payer - after.Payer).ShouldBe(charged, "what left the payer is what was charged");
        (after.Protocol - before.Protocol).ShouldBe(shares.ProtocolFee.BaseUnits);
        (after.Platform - before.Platform).ShouldBe(shares.PlatformFee.BaseUnits);
        after.Nodes.Values.Aggregate(0UL, (sum, held) => sum + held).ShouldBe(shares.NodeShare.BaseUnits);
        after.Total.ShouldBe(before.Total, "no base unit came or went");
        after.Supply.ShouldBe(before.Supply);
    }

    private static Task<Balances> BalancesAsync(CrashingHost host, HttpClient http, Account payer) => host.Chain(http).BalancesAsync(
        payer.PublicKey, intent: null, host.Agents.ToDictionary(a => a.Id.ToString(), a => a.Authority.PublicKey), CancellationToken.None);
}
