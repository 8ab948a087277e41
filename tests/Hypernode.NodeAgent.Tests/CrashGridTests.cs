using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.NodeAgent.Execution;
using Hypernode.NodeAgent.Leases;
using Hypernode.NodeAgent.Tests.Fakes;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hypernode.NodeAgent.Tests;

/// <summary>
/// The agent dies between every two things that it does to the world (engine, broker), on either side of each, and another one goes
/// on with its folder. What is written to the journal in between dies on one of the two sides.
/// </summary>
public class CrashGridTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task Wherever_the_agent_dies_the_job_runs_once_and_one_receipt_with_the_whole_log_arrives()
    {
        var all = new CrashPoint(null, before: true);
        (await RunAsync(all)).ShouldBeFalse();
        all.Seen.Where(s => !s.StartsWith("idle", StringComparison.Ordinal)).Select(s => s.Split(' ')[0]).Distinct().ShouldBe(
            ["list", "take", "resolve", "create", "listen", "start", "inspect", "send", "wait", "output", "outputs", "remove"], ignoreOrder: true);

        var died = 0;
        await Parallel.ForEachAsync(
            all.Seen.SelectMany(step => new[] { (step, Before: true), (step, Before: false) }),
            new ParallelOptions { MaxDegreeOfParallelism = 8 },
            async (at, _) =>
            {
                try
                {
                    Interlocked.Add(ref died, await RunAsync(new CrashPoint(at.step, at.Before)) ? 1 : 0);
                }
                catch (Exception e)
                {
                    throw new InvalidOperationException($"died {(at.Before ? "before" : "after")} {at.step}: {e.Message}", e);
                }
            });

        // A second look at the engine may be one too many to ever come in another run.
        died.ShouldBeGreaterThan(all.Seen.Count * 3 / 2);
    }

    /// <returns>Whether the agent died.</returns>
    private static async Task<bool> RunAsync(CrashPoint point)
    {
        using var kit = new TestKit();
        var time = new FakeTime();
        var engine = new FakeEngine(time);
        var command = kit.Execute(new JobSpec(JobType.Custom, "sha256:" + new string('1', 64), new JobLimits(1_000, 64), 5, Script: "true"), time.NowMs);
        kit.Link.Command(command);
        using var over = new CancellationTokenSource();
        var job = JobAsync(engine, over.Token);
        var died = await LiveAsync(kit, engine, time, command, point);
        if (died)
        {
            // Not acknowledged, or not known to be: the broker gives it again.
            kit.Link.Command(command);
            (await LiveAsync(kit, engine, time, command, new CrashPoint(null, before: true))).ShouldBeFalse();
        }

        await over.CancelAsync();
        await job;
        var reports = kit.Link.Received.OfType<AttemptReported>().ToList();
        reports.Select(r => r.Receipt.Hash()).Distinct().Count().ShouldBe(1, $"{reports.Count} reports, and came {string.Join(", ", kit.Link.Received)}");
        kit.ShouldBeProper(reports[0], command);
        reports[0].Receipt.ExitCode.ShouldBe(0);
        kit.Link.Text("stdout").ShouldBe("one\ntwo\n");
        kit.Link.Text("stderr").ShouldBe("oh\n");
        kit.Link.Received.ShouldNotContain(m => m is AttemptDeclined);
        engine.Started.ShouldBe(1);
        return died;
    }

    /// <summary>One agent's life, until it dies or all is done.</summary>
    private static async Task<bool> LiveAsync(TestKit kit, FakeEngine engine, FakeTime time, ExecuteJob command, CrashPoint point)
    {
        await using var agent = new AgentService(
            kit.Options, new CrashingLink(kit.Link, point), new CrashingEngine(engine, point), new FakeOutputs(), kit.Blobs, kit.Signer, time,
            NullLogger<AgentService>.Instance);
        await agent.StartAsync(default);
        await time.AdvanceUntilAsync(
            () => point.Reached.IsCompleted || (agent.OpenAttempts == 0 && engine.All.Count == 0 && kit.Link.Received.Any(m => m is AttemptReported r && r.Receipt.JobId == command.JobId)),
            Patience,
            () => $"open {agent.OpenAttempts}, containers {engine.All.Count}, came {string.Join(", ", kit.Link.Received)}");
        await agent.SimulateCrash();
        return point.Reached.IsCompleted;
    }

    /// <summary>What the container does, whether or not an agent is there to see it.</summary>
    private static async Task JobAsync(FakeEngine engine, CancellationToken over)
    {
        while (!over.IsCancellationRequested)
        {
            if (engine.All.FirstOrDefault(c => c.State.Status == ContainerStatus.Running) is { } running)
            {
                engine.Print(running, "one\n");
                engine.Print(running, "oh\n", "stderr");
                engine.Print(running, "two\n");
                engine.End(running);
            }

            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, CancellationToken.None);
        }
    }
}
