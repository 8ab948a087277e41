using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Nodes;
using Hypernode.NodeAgent.Execution;
using Hypernode.NodeAgent.Leases;
using Hypernode.NodeAgent.Tests.Fakes;

namespace Hypernode.NodeAgent.Tests.Gpus;

/// <summary>Which GPUs an attempt gets, and who may not have them at the same time.</summary>
public sealed class GpuTests : AgentTests
{
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(3);
    private readonly FakeGpus _gpus = new();

    [Fact]
    public async Task An_attempt_sees_the_GPUs_of_its_command_and_its_receipt_names_them()
    {
        await using var agent = await StartAsync();
        var command = On(FakeGpus.B, FakeGpus.A);
        var container = await RunningAsync(command);
        container.Plan.GpuUuids.ShouldBe([FakeGpus.B, FakeGpus.A]);
        await Time.PassAsync(Moment);
        Engine.End(container);

        var receipt = (await ReceiveAsync<AttemptReported>()).Receipt;
        receipt.GpuUuids.ShouldBe([FakeGpus.B, FakeGpus.A]);
        receipt.GpuMilliseconds.ShouldBe(2 * (receipt.EndedAt - receipt.StartedAt));
        receipt.GpuMilliseconds.ShouldBeGreaterThan(0);
        Kit.Link.Text("agent").ShouldContain($"GPUs: {FakeGpus.B}, {FakeGpus.A}");
    }

    [Fact]
    public async Task A_job_without_GPUs_gets_none_and_says_none()
    {
        await using var agent = await StartAsync();
        var container = await RunningAsync(Command());
        container.Plan.GpuUuids.ShouldBeEmpty();
        Engine.End(container);
        var receipt = (await ReceiveAsync<AttemptReported>()).Receipt;
        (receipt.GpuUuids.Count, receipt.GpuMilliseconds, receipt.PeakVramMb).ShouldBe((0, 0, 0));
        Kit.Link.Text("agent").ShouldNotContain("GPU");
    }

    public static TheoryData<string, int, string[]?> Refused { get; } = new()
    {
        { "is not one of this node's", 1, [FakeGpus.C] },
        { "is not one of this node's", 2, [FakeGpus.A, FakeGpus.C] },
        { "is not one of this node's", 1, ["all"] },
        { "is not one of this node's", 1, [$"{FakeGpus.A},{FakeGpus.B}"] },
        { "asks for 2 GPUs, and its command names 1", 2, [FakeGpus.A, FakeGpus.A] },
        { "asks for 1 GPUs, and its command names 2", 1, [FakeGpus.A, FakeGpus.B] },
        { "asks for 1 GPUs, and its command names 0", 1, null }, // of a control plane that does not know of GPUs yet
        { "asks for 0 GPUs, and its command names 1", 0, [FakeGpus.A] },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task What_is_not_exactly_what_the_job_asks_for_of_the_nodes_own_is_declined(string why, int asked, string[]? given)
    {
        await using var agent = await StartAsync();
        var command = On([.. Enumerable.Repeat(FakeGpus.A, asked)]) with { GpuUuids = given };
        Kit.Link.Command(command);
        var declined = await ReceiveAsync<AttemptDeclined>();
        (declined.Reason, declined.Detail.Contains(why, StringComparison.Ordinal)).ShouldBe(("no-capacity", true), declined.Detail);
        Engine.Created.ShouldBe(0);
    }

    [Fact]
    public async Task A_GPU_that_a_running_attempt_holds_is_refused_at_once_and_the_attempt_goes_on()
    {
        await using var agent = await StartAsync();
        var first = On(FakeGpus.A);
        var running = await RunningAsync(first);
        var second = On(FakeGpus.B, FakeGpus.A);
        Kit.Link.Command(second);

        var declined = await ReceiveAsync<AttemptDeclined>();
        (declined.JobId, declined.Reason).ShouldBe((second.JobId, "no-capacity"));
        declined.Detail.ShouldContain(first.JobId.ToString());
        running.State.Status.ShouldBe(ContainerStatus.Running);
        Engine.Created.ShouldBe(1);
    }

    [Fact]
    public async Task Two_attempts_on_GPUs_of_their_own_run_side_by_side()
    {
        await using var agent = await StartAsync();
        await RunningAsync(On(FakeGpus.A));
        await RunningAsync(On(FakeGpus.B));
        Engine.All.Count(c => c.State.Status == ContainerStatus.Running).ShouldBe(2);
    }

    [Fact]
    public async Task A_GPU_whose_last_attempt_is_still_cleaned_up_is_waited_for_though_a_slot_is_free_and_others_pass()
    {
        await using var agent = await StartAsync();
        var container = await RunningAsync(On(FakeGpus.A));
        Engine.SlowRemoval = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Engine.End(container);
        await ReceiveAsync<AttemptReported>();
        var next = On(FakeGpus.A);
        Kit.Link.Command(next);
        await Time.PassAsync(Moment);
        Engine.Created.ShouldBe(1);
        await RunningAsync(On(FakeGpus.B));

        Kit.Link.Received.OfType<AttemptDeclined>().ShouldBeEmpty();
        Engine.SlowRemoval.SetResult();
        await BegunAsync(next);
    }

    [Fact]
    public async Task A_restarted_agent_keeps_the_GPUs_of_what_runs()
    {
        var command = On(FakeGpus.A);
        FakeEngine.Container container;
        await using (var first = await StartAsync())
        {
            container = await RunningAsync(command);
            await first.SimulateCrash();
        }

        await using var second = await StartAsync();
        await Time.AdvanceUntilAsync(() => Kit.Link.Text("agent").Contains("adopted", StringComparison.Ordinal), Patience);
        var other = On(FakeGpus.A);
        Kit.Link.Command(other);
        (await ReceiveAsync<AttemptDeclined>()).ShouldSatisfyAllConditions(d => d.JobId.ShouldBe(other.JobId), d => d.Reason.ShouldBe("no-capacity"));

        _gpus.Use(FakeGpus.A, 700);
        await Time.PassAsync(Moment);
        Engine.End(container);
        var receipt = (await ReceiveAsync<AttemptReported>()).Receipt;
        (receipt.JobId, receipt.GpuUuids.Single(), receipt.PeakVramMb).ShouldBe((command.JobId, FakeGpus.A, 700));
    }

    private ExecuteJob On(params string[] gpus)
    {
        var command = Command();
        var spec = command.Spec with { Limits = command.Spec.Limits with { Gpus = gpus.Length } };
        return command with { Spec = spec, SpecHash = spec.Hash(), GpuUuids = gpus };
    }

    private Task<AgentService> StartAsync() => StartAsync(
        o =>
        {
            o.Gpus.Add(FakeGpus.A);
            o.Gpus.Add(FakeGpus.B);
        },
        _gpus);
}
