using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Nodes;
using Hypernode.NodeAgent.Leases;
using Hypernode.NodeAgent.Tests.Fakes;

namespace Hypernode.NodeAgent.Tests.Gpus;

/// <summary>GPU memory is watched, not promised.</summary>
public sealed class VramWatchTests : AgentTests
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(3);
    private readonly FakeGpus _gpus = new();

    [Fact]
    public async Task The_most_that_was_seen_on_one_of_its_GPUs_stands_in_log_and_receipt()
    {
        await using var agent = await StartAsync();
        var container = await RunningAsync(On(0, FakeGpus.A, FakeGpus.B));
        foreach (var (gpu, used) in new[] { (FakeGpus.A, 5_000), (FakeGpus.B, 6_000), (FakeGpus.B, 100), (FakeGpus.A, 200) })
        {
            _gpus.Use(gpu, used);
            await Time.PassAsync(Look);
        }

        Engine.End(container);
        (await ReceiveAsync<AttemptReported>()).Receipt.PeakVramMb.ShouldBe(6_000);
        Kit.Link.Text("agent").ShouldContain("at most 6000 MiB in use on one GPU");
    }

    [Fact]
    public async Task A_job_on_more_than_it_asked_for_is_told_once_and_goes_on()
    {
        await using var agent = await StartAsync();
        var container = await RunningAsync(On(4_096, FakeGpus.A));
        foreach (var used in new[] { 4_096, 4_097, 5_000, 6_000 })
        {
            _gpus.Use(FakeGpus.A, used);
            await Time.PassAsync(Look);
        }

        Engine.End(container);
        (await ReceiveAsync<AttemptReported>()).Receipt.ExitCode.ShouldBe(0);
        var said = Kit.Link.Text("agent").Split('\n').Where(l => l.Contains("were asked for", StringComparison.Ordinal)).ToList();
        said.ShouldHaveSingleItem().ShouldContain("4096 MiB were asked for");
    }

    [Fact]
    public async Task What_others_do_on_other_GPUs_is_not_this_jobs()
    {
        await using var agent = await StartAsync();
        var container = await RunningAsync(On(0, FakeGpus.A));
        _gpus.Use(FakeGpus.B, 9_000);
        await Time.PassAsync(Look);
        Engine.End(container);
        (await ReceiveAsync<AttemptReported>()).Receipt.PeakVramMb.ShouldBe(3);
    }

    [Fact]
    public async Task A_driver_that_does_not_answer_ends_nothing_and_is_told_of_once()
    {
        _gpus.Hangs = true;
        await using var agent = await StartAsync();
        var container = await RunningAsync(On(0, FakeGpus.A));
        await Time.AdvanceUntilAsync(() => _gpus.Reads > 4, Patience);
        Engine.End(container);

        (await ReceiveAsync<AttemptReported>()).Receipt.ShouldSatisfyAllConditions(r => r.ExitCode.ShouldBe(0), r => r.PeakVramMb.ShouldBe(0));
        Log.Lines.Count(l => l.Contains("not watched for now", StringComparison.Ordinal)).ShouldBe(1);
        Kit.Link.Text("agent").ShouldContain("GPU memory: not seen");
    }

    [Fact]
    public async Task A_GPU_that_somebody_else_is_on_is_the_nodes_trouble()
    {
        _gpus.Use(FakeGpus.A, 1_025);
        await using var agent = await StartAsync();
        var command = On(0, FakeGpus.A);
        Kit.Link.Command(command);

        var declined = await ReceiveAsync<AttemptDeclined>();
        (declined.Reason, declined.Detail).ShouldBe(("no-capacity", $"1025 MiB of {FakeGpus.A} are in use by something else"));
        Engine.Created.ShouldBe(0);
    }

    [Fact]
    public async Task Memory_that_the_driver_frees_a_moment_later_is_waited_for()
    {
        _gpus.Use(FakeGpus.A, 20_000);
        await using var agent = await StartAsync();
        var command = On(0, FakeGpus.A);
        Kit.Link.Command(command);
        await Time.PassAsync(Look);
        Engine.Created.ShouldBe(0);

        _gpus.Use(FakeGpus.A, 1_024);
        await BegunAsync(command);
    }

    [Fact]
    public async Task A_GPU_that_the_driver_has_lost_is_the_nodes_trouble()
    {
        await using var agent = await StartAsync();
        _gpus.Use(FakeGpus.A, null);
        Kit.Link.Command(On(0, FakeGpus.A));
        (await ReceiveAsync<AttemptDeclined>()).ShouldSatisfyAllConditions(
            d => d.Reason.ShouldBe("no-capacity"), d => d.Detail.ShouldContain("does not name"));
    }

    [Fact]
    public async Task What_it_sells_is_said_at_the_start()
    {
        _gpus.Use(FakeGpus.B, null);
        await using var agent = await StartAsync();
        await Wait.UntilAsync(() => Log.Lines.Any(l => l.Contains($"{FakeGpus.A} is for jobs; 3 MiB", StringComparison.Ordinal)));
        await Wait.UntilAsync(() => Log.Lines.Any(l => l.StartsWith("Warning", StringComparison.Ordinal) && l.Contains(FakeGpus.B, StringComparison.Ordinal)));
    }

    private ExecuteJob On(int vram, params string[] gpus)
    {
        var command = Command();
        var spec = command.Spec with { Limits = command.Spec.Limits with { Gpus = gpus.Length, GpuVramMb = vram } };
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
