using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Nodes;
using Hypernode.NodeAgent.Execution;
using Hypernode.NodeAgent.Tests.Fakes;

namespace Hypernode.NodeAgent.Tests;

/// <summary>Who gets a slot, and who waits for one: the control plane sees an attempt's end before its container is gone.</summary>
public sealed class SlotTests : AgentTests
{
    [Fact]
    public async Task A_command_that_comes_while_the_last_attempt_is_cleaned_up_waits_and_begins()
    {
        await using var agent = await StartAsync(o => o.Slots = 1);
        var container = await RunningAsync(Command());
        Engine.SlowRemoval = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Engine.End(container);
        await ReceiveAsync<AttemptReported>();
        var next = Command();
        Kit.Link.Command(next);
        await Time.PassAsync(TimeSpan.FromSeconds(9));

        Kit.Link.Received.OfType<AttemptDeclined>().ShouldBeEmpty();
        Engine.Created.ShouldBe(1);
        Kit.Link.Beats.ShouldAllBe(b => b.Leases.All(l => l.JobId != next.JobId));

        Engine.SlowRemoval.SetResult();
        await BegunAsync(next);
    }

    [Fact]
    public async Task More_commands_than_slots_are_declined_when_none_is_free_by_the_time_they_must_begin()
    {
        await using var agent = await StartAsync(o => o.Slots = 1);
        await RunningAsync(Command());
        var second = Command();
        Kit.Link.Command(second);
        await Time.PassAsync(TimeSpan.FromMilliseconds(second.StartBy - Time.NowMs - 1_000));
        Kit.Link.Received.OfType<AttemptDeclined>().ShouldBeEmpty();

        await Time.PassAsync(TimeSpan.FromSeconds(2));
        var declined = await ReceiveAsync<AttemptDeclined>();
        (declined.JobId, declined.Reason).ShouldBe((second.JobId, "no-capacity"));
        Engine.Created.ShouldBe(1);
    }

    [Fact]
    public async Task Those_who_wait_get_slots_in_the_order_in_which_they_came()
    {
        await using var agent = await StartAsync(o => o.Slots = 1);
        var running = await RunningAsync(Command());
        ExecuteJob[] waiting = [Command(), Command(), Command()];
        foreach (var command in waiting)
        {
            Kit.Link.Command(command);
        }

        foreach (var command in waiting)
        {
            Engine.End(running);
            running = await BegunAsync(command);
            Engine.All.Count(c => c.State.Status == ContainerStatus.Running).ShouldBe(1);
        }
    }

    [Fact]
    public async Task A_stop_ends_the_wait_for_a_slot()
    {
        await using var agent = await StartAsync(o => o.Slots = 1);
        var running = await RunningAsync(Command());
        var second = Command();
        Kit.Link.Command(second);
        await Time.PassAsync(TimeSpan.FromSeconds(1));
        Kit.Link.Command(new StopJob(second.JobId, Kit.Node, 1, "cancelled"));

        var declined = await ReceiveAsync<AttemptDeclined>();
        (declined.JobId, declined.Reason).ShouldBe((second.JobId, "expired"));
        Engine.End(running);
        await RunningAsync(Command());
        Engine.Created.ShouldBe(2);
    }

    [Fact]
    public async Task A_restarted_agent_gives_the_slot_to_what_runs_and_lets_the_others_wait_on()
    {
        var waiting = Command();
        FakeEngine.Container running;
        await using (var first = await StartAsync(o => o.Slots = 1))
        {
            running = await RunningAsync(Command());
            Kit.Link.Command(waiting);
            await Time.PassAsync(TimeSpan.FromSeconds(1));
            await first.SimulateCrash();
        }

        await using var second = await StartAsync(o => o.Slots = 1);
        await Time.PassAsync(TimeSpan.FromSeconds(3));
        Engine.Created.ShouldBe(1);
        Engine.End(running);
        await BegunAsync(waiting);
    }

    [Fact]
    public async Task The_first_beat_that_names_a_lease_goes_out_when_its_container_has_started()
    {
        await using var agent = await StartAsync();
        await Time.AdvanceUntilAsync(() => Kit.Link.Beats.Count == 1, TimeSpan.Zero);
        var command = Command();
        Kit.Link.Command(command);

        // The clock stands still: only a beat that was asked for can come.
        await Wait.UntilAsync(() => Kit.Link.Beats.Any(b => b.Leases.Any(l => l.JobId == command.JobId)));
        Kit.Link.Beats.Count(b => b.Leases.Count > 0).ShouldBe(1);
    }
}
