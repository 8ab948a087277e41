using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Nodes;
using Hypernode.NodeAgent.Execution;
using Hypernode.NodeAgent.Tests.Fakes;

namespace Hypernode.NodeAgent.Tests;

/// <summary>What is away for a while, in virtual time: the broker, the agent itself, the moment in which outputs come.</summary>
public class OutageTests : AgentTests
{
    [Fact]
    public async Task A_broker_that_is_away_for_ten_minutes_ends_no_job_and_gets_everything_afterwards_in_order()
    {
        await using var agent = await StartAsync();
        var through = Command(runLimitMs: 3_600_000);
        var within = Command(runLimitMs: 3_600_000);
        var (runsOn, ends) = (await RunningAsync(through), await RunningAsync(within));
        Kit.Link.Down = true;
        for (var minute = 0; minute < 10; minute++)
        {
            Engine.Print(runsOn, $"minute {minute}\n");
            Engine.Print(ends, minute == 0 ? "last words\n" : "");
            if (minute == 1)
            {
                Engine.End(ends, exitCode: 3);
            }

            await Time.PassAsync(TimeSpan.FromMinutes(1), step: TimeSpan.FromSeconds(2.5));
        }

        // Nobody was ended, and the one that ended by itself has made room.
        runsOn.Signals.ShouldBeEmpty();
        Engine.All.ShouldBe([runsOn]);
        Kit.Link.Received.ShouldNotContain(m => m is AttemptReported);
        Kit.Link.Down = false;
        var late = await ReceiveAsync<AttemptReported>();
        Engine.End(runsOn);
        await Time.AdvanceUntilAsync(() => Kit.Link.Received.OfType<AttemptReported>().Count() == 2, Patience);

        late.Receipt.ExitCode.ShouldBe(3);
        (late.Receipt.EndedAt - late.Receipt.StartedAt).ShouldBeInRange(60_000, 66_000);
        foreach (var command in new[] { through, within })
        {
            Kit.ShouldBeProper(Kit.Link.Received.OfType<AttemptReported>().Single(r => r.Receipt.JobId == command.JobId), command);
            var its = Kit.Link.Received.Where(m => IsOf(m, command)).Select(m => m.GetType().Name).ToList();
            its[^1].ShouldBe(nameof(AttemptReported));
            its.IndexOf(nameof(AttemptStarted)).ShouldBeLessThan(its.LastIndexOf(nameof(LogChunks)));
            Kit.Link.Chunks.Where(c => c.JobId == command.JobId).Select(c => c.Seq).ShouldBeInOrder();
        }

        new FileInfo(JournalPath).Length.ShouldBeLessThan(20_000, "an outage writes nothing into the journal");
    }

    [Fact]
    public async Task A_node_that_collects_and_sends_for_minutes_is_not_silent()
    {
        await using var agent = await StartAsync();
        var command = Command();
        var container = await RunningAsync(command);
        Engine.SlowOutputs = new();
        Engine.End(container);
        await Time.AdvanceUntilAsync(() => Kit.Link.Beats.Any(b => b.Leases.Any(l => l.Ended)), Patience);
        var before = Kit.Link.Beats.Count;
        await Time.PassAsync(TimeSpan.FromMinutes(3), step: TimeSpan.FromSeconds(2.5));

        var meanwhile = Kit.Link.Beats.Skip(before).ToList();
        meanwhile.Zip(meanwhile.Skip(1)).ShouldAllBe(pair => pair.Second.At - pair.First.At < 15_000, "the least patience with a silent node");
        (meanwhile[^1].At - meanwhile[0].At).ShouldBeGreaterThan(160_000);
        meanwhile.ShouldAllBe(b => b.Leases.Count == 1 && b.Leases[0].Ended);
        Engine.SlowOutputs.SetResult();
        var reported = await ReceiveAsync<AttemptReported>();
        Kit.ShouldBeProper(reported, command);
        (reported.Receipt.EndedAt - reported.Receipt.StartedAt).ShouldBeLessThan(60_000);
        await Time.AdvanceUntilAsync(() => agent.OpenAttempts == 0, Patience);
        var last = Kit.Link.Beats.Count;
        await Time.PassAsync(TimeSpan.FromSeconds(31));
        Kit.Link.Beats.Skip(last).ShouldAllBe(b => b.Leases.Count == 0);
    }

    [Fact]
    public async Task A_run_limit_that_passed_while_the_agent_was_down_is_enforced_at_its_next_start_and_the_receipt_tells_the_truth()
    {
        var command = Command(runLimitMs: 10_000);
        FakeEngine.Container container;
        await using (var first = await StartAsync())
        {
            container = await RunningAsync(command);
            await first.SimulateCrash();
        }

        Time.Advance(TimeSpan.FromMinutes(5));
        container.Signals.ShouldBeEmpty();
        await using var second = await StartAsync();
        var receipt = (await ReceiveAsync<AttemptReported>()).Receipt;

        container.Signals.ShouldNotBeEmpty();
        receipt.TimedOut.ShouldBeTrue();
        (receipt.EndedAt - receipt.StartedAt).ShouldBeInRange(300_000, 304_000, "it ran that long, whatever it was allowed");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(137)]
    public async Task A_container_that_its_engine_took_along_is_the_nodes_trouble_whatever_its_exit_code(int exitCode)
    {
        await using var agent = await StartAsync();
        var container = await RunningAsync(Command());
        Engine.End(container, exitCode);
        container.State = container.State with { Lost = true };

        (await ReceiveAsync<AttemptDeclined>()).Reason.ShouldBe("engine-unavailable");
        await Time.AdvanceUntilAsync(() => Engine.All.Count == 0 && agent.OpenAttempts == 0, Patience);
        Kit.Link.Received.ShouldNotContain(m => m is AttemptReported);
    }

    [Fact]
    public async Task One_that_it_took_along_after_its_run_limit_has_timed_out()
    {
        var command = Command(runLimitMs: 10_000);
        FakeEngine.Container container;
        await using (var first = await StartAsync())
        {
            container = await RunningAsync(command);
            await first.SimulateCrash();
        }

        Time.Advance(TimeSpan.FromSeconds(15));
        Engine.End(container, 143);
        container.State = container.State with { Lost = true };
        await using var second = await StartAsync();
        (await ReceiveAsync<AttemptReported>()).Receipt.TimedOut.ShouldBeTrue();
    }

    private static bool IsOf(NodeMessage message, ExecuteJob command) => message switch
    {
        AttemptStarted started => started.JobId == command.JobId,
        LogChunks logs => logs.Chunks[0].JobId == command.JobId,
        AttemptReported reported => reported.Receipt.JobId == command.JobId,
        _ => false,
    };
}
