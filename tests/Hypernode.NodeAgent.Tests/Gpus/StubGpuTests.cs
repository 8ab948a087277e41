using System.Text;
using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Nodes;
using Hypernode.NodeAgent.Adapters.Machine;
using Hypernode.NodeAgent.Hardware;
using Hypernode.NodeAgent.Leases;
using Hypernode.NodeAgent.Tests.Abuse;
using Hypernode.NodeAgent.Execution;
using Hypernode.NodeAgent.Tests.Fakes;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hypernode.NodeAgent.Tests.Gpus;

/// <summary>
/// The whole path from the probe to the oracle on a real engine, with STUB GPUs: selection, environment and parsing are tested here;
/// drivers and isolation are not.
/// </summary>
[Trait("Needs", "docker")]
public sealed class StubGpuTests(StubGpuEngine engine) : IClassFixture<StubGpuEngine>, IDisposable
{
    /// <summary>The environment as it was handed over: a name that is in it twice means one thing to a shell and another to a library.</summary>
    private const string Look = """
        tr '\0' '\n' < /proc/$$/environ | grep ^NVIDIA_ | sort -u
        nvidia-smi --query-gpu=uuid,name --format=csv,noheader,nounits
        touch /bin/x 2>/dev/null || echo the root is read-only
        """;

    private readonly TestKit _kit = new();

    private AgentOptions Options
    {
        get
        {
            var options = _kit.Options;
            (options.EngineHost, options.NvidiaSmi) = (engine.Host, engine.NvidiaSmi);
            StubGpuEngine.Gpus.ToList().ForEach(g => options.Gpus.Add(g.Uuid));
            return options;
        }
    }

    public void Dispose() => _kit.Dispose();

    [Fact]
    public async Task The_probe_finds_four_stub_GPUs()
    {
        using var machine = new LocalMachine(Options);
        var found = await HardwareDetection.RunAsync(machine, Options, engine.Image, default);
        found.Gpus.ShouldBe(StubGpuEngine.Gpus, found.GpuRemark);
        (found.Driver, found.Cuda).ShouldBe(("000.00 STUB", "12.4"));
    }

    [Fact]
    public async Task Two_jobs_at_once_see_exactly_the_stub_GPUs_of_their_slots_and_the_oracle_takes_their_receipts()
    {
        using var machine = new LocalMachine(Options);
        var found = await HardwareDetection.RunAsync(machine, Options, engine.Image, default);
        var market = new OneNodeMarket(_kit, new NodeOffer(2, 1_000, 64, new HyperAmount(1), found.Gpus, []), TimeProvider.System);
        engine.Use();
        await using var agent = await StartAsync(Options);
        var (first, second) = ((await market.LeaseAsync(Spec(2, Look + "\nsleep 5")))!, (await market.LeaseAsync(Spec(2, Look + "\nsleep 5")))!);
        (await market.LeaseAsync(Spec(1, "true"))).ShouldBeNull();
        _kit.Link.Command(first);
        _kit.Link.Command(second);
        foreach (var command in new[] { first, second })
        {
            await _kit.Link.WaitForAsync<AttemptStarted>(s => s.JobId == command.JobId);
        }

        engine.Use((first.GpuUuids![1], 5_000), (second.GpuUuids![0], 6_000));
        var reports = new List<AttemptReported>();
        foreach (var command in new[] { first, second })
        {
            reports.Add(await _kit.Link.WaitForAsync<AttemptReported>(r => r.Receipt.JobId == command.JobId));
            Said(command, "stdout").ShouldBe(
                $"NVIDIA_DRIVER_CAPABILITIES=compute,utility\nNVIDIA_VISIBLE_DEVICES={string.Join(',', command.GpuUuids!)}\n"
                + string.Concat(StubGpuEngine.Gpus.Where(g => command.GpuUuids!.Contains(g.Uuid)).Select(g => $"{g.Uuid}, {g.Model}\n"))
                + "the root is read-only\n");
            Said(command, "stderr").ShouldContain("STUB");
            var (judgement, charge) = ControlPlane.Judge(_kit, command, reports[^1]);
            judgement.Verdict.ShouldBe(Verdict.Succeeded, string.Join(", ", judgement.Failed));
            charge.BaseUnits.ShouldBeGreaterThan(1UL);
        }

        reports.SelectMany(r => r.Receipt.GpuUuids).ShouldBe(StubGpuEngine.Gpus.Select(g => g.Uuid));
        reports.ShouldAllBe(r => r.Receipt.GpuMilliseconds == 2 * (r.Receipt.EndedAt - r.Receipt.StartedAt));
        reports.Select(r => r.Receipt.PeakVramMb).ShouldBe([5_000, 6_000]);
        var starts = _kit.Link.Received.Select((m, i) => (m, i)).Where(x => x.m is AttemptStarted).Max(x => x.i);
        starts.ShouldBeLessThan(_kit.Link.Received.Select((m, i) => (m, i)).Where(x => x.m is AttemptReported).Min(x => x.i));
    }

    [Fact]
    public async Task An_image_that_asks_for_every_GPU_sees_the_stub_GPU_of_its_lease_and_without_a_lease_none()
    {
        var greedy = await engine.ImageThatSaysAsync("ENV NVIDIA_VISIBLE_DEVICES=all", "ENV NVIDIA_DRIVER_CAPABILITIES=all");
        engine.Use();
        await using var agent = await StartAsync(Options);
        var offer = new NodeOffer(4, 1_000, 64, new HyperAmount(1), StubGpuEngine.Gpus, []);
        var leased = Command(offer, 2, Look, greedy);
        _kit.Link.Command(leased);
        await _kit.Link.WaitForAsync<AttemptReported>(r => r.Receipt.JobId == leased.JobId);
        Said(leased, "stdout").ShouldStartWith(
            $"NVIDIA_DRIVER_CAPABILITIES=compute,utility\nNVIDIA_VISIBLE_DEVICES={StubGpuEngine.Gpus[2].Uuid}\n{StubGpuEngine.Gpus[2].Uuid}, ");

        var hooks = engine.HookLog.Split('\n').Length;
        var none = Command(offer with { Gpus = [] }, 0, "echo visible $NVIDIA_VISIBLE_DEVICES; nvidia-smi 2>/dev/null || echo no tool", greedy);
        _kit.Link.Command(none);
        var report = await _kit.Link.WaitForAsync<AttemptReported>(r => r.Receipt.JobId == none.JobId);
        Said(none, "stdout").ShouldBe("visible void\nno tool\n");
        report.Receipt.GpuUuids.ShouldBeEmpty();
        engine.HookLog.Split('\n').Length.ShouldBe(hooks);
    }

    [Fact]
    public async Task A_stub_GPU_that_the_driver_does_not_give_is_the_nodes_trouble_and_leaves_no_container()
    {
        var options = Options;
        options.Gpus.Add(FakeGpus.C);
        options.NvidiaSmi = "/nowhere/nvidia-smi"; // else the watch knows it before the engine does
        await using var agent = await StartAsync(options);
        _kit.Link.Command(Command(new NodeOffer(1, 1_000, 64, new HyperAmount(1), [new GpuInfo(FakeGpus.C, "gone", 1)], []), 0, "true"));
        (await _kit.Link.WaitForAsync<AttemptDeclined>()).Reason.ShouldBe("engine-unavailable");
        await Wait.UntilAsync(() => agent.OpenAttempts == 0);
        using var docker = new Adapters.Docker.DockerEngine(options);
        (await docker.ListAsync(Execution.ContainerLabels.Agent, _kit.Node.ToString(), default)).ShouldBeEmpty();
    }

    /// <summary>A job that asks for all that the slot has, as the matcher would lease it.</summary>
    private ExecuteJob Command(NodeOffer offer, int slot, string script, string? image = null)
    {
        var spec = Spec(offer.GpusOf(slot).Count, script, image);
        var command = _kit.Execute(spec, TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds());
        return command with { Slot = slot, GpuUuids = offer.GpusFor(slot, spec.Limits) };
    }

    private JobSpec Spec(int gpus, string script, string? image = null) =>
        new(JobType.Custom, image ?? engine.Image, new JobLimits(1_000, 64, gpus, OutputMb: 8), 5, Script: script);

    private string Said(ExecuteJob command, string stream) => string.Concat(_kit.Link.Chunks
        .Where(c => c.JobId == command.JobId && c.Stream == stream).DistinctBy(c => c.Seq).OrderBy(c => c.Seq).Select(c => Encoding.UTF8.GetString(c.Data)));

    private async Task<AgentService> StartAsync(AgentOptions options)
    {
        var agent = await AgentRegistration.CreateAsync(
            options, _kit.Link, _kit.Blobs, _kit.Signer, TimeProvider.System, NullLoggerFactory.Instance, default);
        await agent.StartAsync(default);
        return agent;
    }
}
