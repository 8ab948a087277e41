using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Text;
using Hypernode.NodeAgent.Execution;
using Hypernode.NodeAgent.Leases;
using Hypernode.NodeAgent.Tests.Fakes;

namespace Hypernode.NodeAgent.Tests;

/// <summary>The agent on a fake engine, a fake link and a clock that the test moves.</summary>
public sealed class AgentServiceTests : AgentTests
{
    [Fact]
    public async Task An_attempt_goes_from_the_command_to_a_confirmed_receipt()
    {
        await using var agent = await StartAsync();
        var command = Command();
        var container = await RunningAsync(command);
        File.WriteAllText(Path.Combine(container.Plan.OutFolder, "answer"), "42");
        Engine.Print(container, "hello\n");
        await Time.PassAsync(TimeSpan.FromSeconds(3));
        Engine.End(container);
        var reported = await ReceiveAsync<AttemptReported>();

        Kit.ShouldBeProper(reported, command);
        reported.Receipt.Artifacts.Single().Name.ShouldBe("answer");
        (reported.Receipt.EndedAt - reported.Receipt.StartedAt).ShouldBeGreaterThanOrEqualTo(3_000);
        await Time.AdvanceUntilAsync(() => agent.OpenAttempts == 0, Patience);
        Engine.All.ShouldBeEmpty();
        Directory.EnumerateFileSystemEntries(Path.Combine(Kit.Folder, "attempts")).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_command_is_on_disk_before_it_is_acknowledged()
    {
        await using var agent = await StartAsync();
        var command = Command();
        await agent.HandleAsync(command, default);

        // What a reader of the file sees now is what a restarted agent would.
        await using var file = new FileStream(JournalPath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file);
        (await reader.ReadToEndAsync()).ShouldContain(command.JobId.ToString());
    }

    [Fact]
    public async Task A_repeated_command_runs_once_and_is_answered_again_with_the_same_receipt()
    {
        await using var agent = await StartAsync();
        var command = Command();
        var container = await RunningAsync(command);
        Kit.Link.Command(command);
        Engine.End(container);
        var first = await ReceiveAsync<AttemptReported>();
        await Time.AdvanceUntilAsync(() => agent.OpenAttempts == 0, Patience);

        Kit.Link.Command(command);
        await Time.AdvanceUntilAsync(() => Kit.Link.Received.OfType<AttemptReported>().Count() == 2, Patience);

        Engine.Created.ShouldBe(1);
        Kit.Link.Received.OfType<AttemptReported>().Last().Signature.ShouldBe(first.Signature);
    }

    [Fact]
    public async Task An_older_attempt_than_the_journaled_one_is_refused_and_a_newer_one_ends_it()
    {
        await using var agent = await StartAsync();
        var second = Command(attempt: 2);
        var running = await RunningAsync(second);
        Kit.Link.Command(Kit.Execute(second.Spec, Time.NowMs, attempt: 1, job: second.JobId));
        var third = Kit.Execute(second.Spec, Time.NowMs, attempt: 3, job: second.JobId);
        Kit.Link.Command(third);

        await Time.AdvanceUntilAsync(() => Engine.Created == 2 && running.Signals.Count > 0, Patience);
        Kit.Link.Received.ShouldNotContain(m => m is AttemptStarted && ((AttemptStarted)m).Attempt == 1);
    }

    [Fact]
    public async Task A_command_that_comes_too_late_is_declined()
    {
        await using var agent = await StartAsync();
        var command = Command();
        Time.Advance(TimeSpan.FromSeconds(31));
        Kit.Link.Command(command);

        (await ReceiveAsync<AttemptDeclined>()).Reason.ShouldBe("expired");
        Engine.Created.ShouldBe(0);
    }

    [Fact]
    public async Task Inputs_that_are_not_what_was_signed_are_declined()
    {
        await using var agent = await StartAsync();
        var present = Kit.Blobs.Add("abc"u8.ToArray());
        foreach (var input in (JobInput[])[new("a", Hash256.Of("missing"u8), 7), new("a", present, 2), new("a", present, 4), new("../a", present, 3)])
        {
            var command = Command(inputs: [input]);
            Kit.Link.Command(command);
            await Time.AdvanceUntilAsync(() => Kit.Link.Received.OfType<AttemptDeclined>().Any(d => d.JobId == command.JobId), Patience);
            Kit.Link.Received.OfType<AttemptDeclined>().Single(d => d.JobId == command.JobId).Reason.ShouldBe("inputs-unavailable");
        }
    }

    [Fact]
    public async Task Inputs_are_no_larger_than_a_node_takes_and_nothing_is_fetched_of_those_that_are()
    {
        await using var agent = await StartAsync(o => o.MaxInputMb = 1);
        var missing = Hash256.Of("missing"u8);
        foreach (var (inputs, reason) in new (JobInput[], string)[]
        {
            ([new("a", missing, 1 << 20)], "inputs-unavailable"), // small enough to be looked for
            ([new("a", missing, 1 << 20), new("b", missing, 1)], "no-capacity"),
            ([.. Enumerable.Range(0, 64).Select(i => new JobInput($"a{i}", missing, 1L << 52))], "no-capacity"),
            ([new("a", missing, -1)], "inputs-unavailable"),
        })
        {
            var command = Command(inputs: inputs);
            Kit.Link.Command(command);
            await Time.AdvanceUntilAsync(() => Kit.Link.Received.OfType<AttemptDeclined>().Any(d => d.JobId == command.JobId), Patience);
            Kit.Link.Received.OfType<AttemptDeclined>().Single(d => d.JobId == command.JobId).Reason.ShouldBe(reason);
        }
    }

    [Fact]
    public async Task A_job_other_than_the_signed_one_is_declined()
    {
        await using var agent = await StartAsync();
        Kit.Link.Command(Command() with { SpecHash = Hash256.Of("another"u8) });

        (await ReceiveAsync<AttemptDeclined>()).Reason.ShouldBe("inputs-unavailable");
    }

    [Fact]
    public async Task AnEngine_that_is_away_declines_at_once_but_ends_no_running_job()
    {
        await using var agent = await StartAsync();
        var command = Command();
        var container = await RunningAsync(command);
        Engine.Down = true;
        Kit.Link.Command(Command());
        (await ReceiveAsync<AttemptDeclined>()).Reason.ShouldBe("engine-unavailable");
        await Time.PassAsync(TimeSpan.FromSeconds(2));
        Engine.Down = false;
        Engine.Print(container, "still here\n");
        Engine.End(container);

        Kit.ShouldBeProper(await ReceiveAsync<AttemptReported>(), command);
        Kit.Link.Text("stdout").ShouldBe("still here\n");
    }

    [Fact]
    public async Task Beats_come_at_once_often_while_new_then_every_15_seconds_idle_and_every_3_with_a_lease()
    {
        await using var agent = await StartAsync();
        await Time.AdvanceUntilAsync(() => Kit.Link.Beats.Count == 1, TimeSpan.Zero);
        await Time.PassAsync(TimeSpan.FromSeconds(60.5));
        var young = Kit.Link.Beats.Count;
        young.ShouldBeInRange(28, 32);
        await Time.PassAsync(TimeSpan.FromSeconds(31));
        (Kit.Link.Beats.Count - young).ShouldBe(2);
        Kit.Link.Beats.ShouldAllBe(b => b.Leases.Count == 0);

        var command = Command();
        var container = await RunningAsync(command);
        var before = Kit.Link.Beats.Count;
        await Time.PassAsync(TimeSpan.FromSeconds(9.5));
        (Kit.Link.Beats.Count - before).ShouldBeInRange(2, 4);
        Kit.Link.Beats[^1].Leases.Single().Attempt.ShouldBe(1);
        Engine.End(container);
        await ReceiveAsync<AttemptReported>();

        var last = Kit.Link.Beats.Last(b => b.Leases.Any(l => l.Ended));
        last.Leases.Single().LogCount.ShouldBe(Kit.Link.StoredChunks().Count);
    }

    [Fact]
    public async Task A_link_that_is_away_stops_no_job_and_gets_everything_in_order_when_it_is_back()
    {
        await using var agent = await StartAsync();
        var command = Command();
        Kit.Link.Command(command);
        Kit.Link.Down = true;
        await Time.AdvanceUntilAsync(() => Engine.All.Any(c => c.State.Status == ContainerStatus.Running), Patience);
        var container = Engine.All.Single();
        Engine.Print(container, "nobody hears me\n");
        await Time.PassAsync(TimeSpan.FromSeconds(10));
        Engine.End(container);
        await Time.AdvanceUntilAsync(() => Engine.All.Count == 0, Patience);
        Kit.Link.Received.ShouldNotContain(m => m is AttemptStarted);
        Kit.Link.Down = false;

        Kit.ShouldBeProper(await ReceiveAsync<AttemptReported>(), command);
        var order = Kit.Link.Received.Where(m => m is not Beat { Leases.Count: 0 }).Select(m => m.GetType().Name).ToList();
        order.IndexOf(nameof(AttemptStarted)).ShouldBeLessThan(order.IndexOf(nameof(AttemptReported)));
        order[^1].ShouldBe(nameof(AttemptReported));
        order[^2].ShouldBe(nameof(Beat));
    }

    [Theory]
    [InlineData(true, 143)]
    [InlineData(false, 137)]
    public async Task The_run_limit_ends_a_job_first_kindly_then_by_force(bool endsAtTerm, int exitCode)
    {
        Engine.EndsAtTerm = endsAtTerm;
        await using var agent = await StartAsync();
        var command = Command(runLimitMs: 10_000);
        var container = await RunningAsync(command);
        var reported = await ReceiveAsync<AttemptReported>();

        Kit.ShouldBeProper(reported, command);
        reported.Receipt.TimedOut.ShouldBeTrue();
        reported.Receipt.ExitCode.ShouldBe(exitCode);
        container.Signals.Count.ShouldBe(endsAtTerm ? 1 : 2);
        (reported.Receipt.EndedAt - reported.Receipt.StartedAt).ShouldBeInRange(10_000, endsAtTerm ? 11_000 : 13_500);
    }

    [Fact]
    public async Task The_run_limit_counts_from_the_container_s_start_also_for_the_agent_that_adopts_it()
    {
        var command = Command(runLimitMs: 10_000);
        await using (var first = await StartAsync())
        {
            await RunningAsync(command);
            await Time.PassAsync(TimeSpan.FromSeconds(6));
            await first.SimulateCrash();
        }

        Time.Advance(TimeSpan.FromSeconds(30));
        await using var second = await StartAsync();
        var reported = await ReceiveAsync<AttemptReported>();

        reported.Receipt.TimedOut.ShouldBeTrue();
        Engine.Created.ShouldBe(1);
    }

    [Fact]
    public async Task A_restarted_agent_goes_on_with_the_chain_and_sends_no_other_chunk_under_a_known_number()
    {
        var command = Command();
        FakeEngine.Container container;
        await using (var first = await StartAsync())
        {
            container = await RunningAsync(command);
            Engine.Print(container, "one\n");
            Engine.Print(container, "two\n", "stderr");
            await Time.AdvanceUntilAsync(() => Kit.Link.Text("stderr").Length > 0, Patience);
            await first.SimulateCrash();
        }

        Engine.Print(container, "three\n");
        Engine.End(container);
        await using var second = await StartAsync();

        Kit.ShouldBeProper(await ReceiveAsync<AttemptReported>(), command);
        Kit.Link.Text("stdout").ShouldBe("one\nthree\n");
        Kit.Link.Text("stderr").ShouldBe("two\n");
    }

    [Fact]
    public async Task A_log_that_was_cut_while_the_agent_was_away_is_said_to_be_incomplete()
    {
        var command = Command();
        FakeEngine.Container container;
        await using (var first = await StartAsync())
        {
            container = await RunningAsync(command);
            Engine.Print(container, "one\n");
            await Time.AdvanceUntilAsync(() => Kit.Link.Text("stdout").Length > 0, Patience);
            await first.SimulateCrash();
        }

        container.Output.Clear();
        Engine.Print(container, "another\n");
        Engine.End(container);
        await using var second = await StartAsync();

        Kit.ShouldBeProper(await ReceiveAsync<AttemptReported>(), command);
        Kit.Link.Text("agent").ShouldContain("some output is missing");
    }

    [Fact]
    public async Task A_receipt_that_was_not_confirmed_is_sent_again_after_a_restart_without_running_again()
    {
        var command = Command();
        await using (var first = await StartAsync())
        {
            var container = await RunningAsync(command);
            Kit.Link.Down = true;
            Engine.End(container);
            await Time.AdvanceUntilAsync(() => Engine.All.Count == 0, Patience);
            await first.SimulateCrash();
        }

        Kit.Link.Down = false;
        Kit.Link.Received.ShouldNotContain(m => m is AttemptReported);
        await using var second = await StartAsync();

        Kit.ShouldBeProper(await ReceiveAsync<AttemptReported>(), command);
        Engine.Created.ShouldBe(1);
    }

    [Fact]
    public async Task Containers_of_this_agent_that_belong_to_nothing_are_removed_and_others_are_left_alone()
    {
        var image = new ImageFound("sha256:1", "sha256:1", []);
        var mine = new Dictionary<string, string> { [ContainerLabels.Agent] = Kit.Node.ToString(), [ContainerLabels.Job] = "job-x", [ContainerLabels.Attempt] = "1" };
        var plan = new ContainerPlan("x", image, true, [], "/in", "/out", 1, 1, mine);
        await Engine.CreateAsync(plan, default);
        var other = await Engine.CreateAsync(plan with { Labels = new Dictionary<string, string> { [ContainerLabels.Agent] = "another" } }, default);
        await using var agent = await StartAsync();

        await Time.AdvanceUntilAsync(() => Engine.All.Count == 1, Patience);
        Engine.All.Single().Id.ShouldBe(other);
    }

    [Fact]
    public async Task A_stop_ends_the_container_and_the_attempt_is_still_accounted_for()
    {
        await using var agent = await StartAsync();
        var command = Command();
        var container = await RunningAsync(command);
        Kit.Link.Command(new StopJob(command.JobId, Kit.Node, 1, "cancelled"));

        var reported = await ReceiveAsync<AttemptReported>();
        reported.Receipt.ExitCode.ShouldBe(143);
        reported.Receipt.TimedOut.ShouldBeFalse();
        container.Signals.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_stop_that_overtakes_its_command_fences_the_attempt_off()
    {
        await using var agent = await StartAsync();
        var command = Command();
        Kit.Link.Command(new StopJob(command.JobId, Kit.Node, 1, "cancelled"));
        Kit.Link.Command(command);
        var next = Command();
        await RunningAsync(next);

        Engine.All.ShouldHaveSingleItem().Plan.Labels[ContainerLabels.Job].ShouldBe(next.JobId.ToString());
    }

    [Fact]
    public async Task Receipts_name_the_one_before_them()
    {
        await using var agent = await StartAsync();
        var previous = Hash256.Zero;
        for (var i = 0; i < 3; i++)
        {
            var command = Command();
            Engine.End(await RunningAsync(command));
            await Time.AdvanceUntilAsync(() => Kit.Link.Received.OfType<AttemptReported>().Any(r => r.Receipt.JobId == command.JobId), Patience);
            var receipt = Kit.Link.Received.OfType<AttemptReported>().Single(r => r.Receipt.JobId == command.JobId).Receipt;
            receipt.PreviousReceipt.ShouldBe(previous);
            previous = receipt.Hash();
        }
    }

    [Fact]
    public async Task The_simulated_liar_signs_a_false_log_root_with_its_own_proper_key()
    {
        await using var agent = await StartAsync(o => o.Behaviour = AgentBehaviour.SimulatedLiar);
        var command = Command();
        Engine.End(await RunningAsync(command));
        var reported = await ReceiveAsync<AttemptReported>();

        Kit.IsSigned(reported).ShouldBeTrue();
        reported.Receipt.LogRoot.ShouldNotBe(Kit.Link.StoredChunks()[^1].Hash);
    }

    [Fact]
    public async Task Two_agents_can_not_share_a_data_folder()
    {
        await using var agent = await StartAsync();
        (await Should.ThrowAsync<IOException>(() => StartAsync())).Message.ShouldContain("another agent");
    }
}
