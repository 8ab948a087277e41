using Hypernode.Contracts.Jobs;
using Hypernode.NodeAgent.Adapters.Machine;
using Hypernode.NodeAgent.Execution;
using Hypernode.NodeAgent.Hardware;
using Hypernode.NodeAgent.Tests.Fakes;

namespace Hypernode.NodeAgent.Tests.Hardware;

public class DoctorTests
{
    private readonly HealthyWorld _world = new();

    [Fact]
    public async Task A_healthy_machine_has_nothing_to_mend()
    {
        var results = await _world.ExamineAsync();

        results.ShouldAllBe(r => r.State == CheckState.Ok && r.Remedy == null);
        results.Select(r => r.Name).ShouldBe(
            ["engine", "live-restore", "cgroups", "runtime", "images", "disk", "output-quota", "network-modes", "gpu", "key", "network", "api", "registration", "clock", "chain-clock", "broker"]);
        Doctor.CanRunJobs(results).ShouldBeTrue();
    }

    [Fact]
    public async Task Without_an_engine_no_job_runs_and_the_other_checks_are_made_all_the_same()
    {
        _world.Engine = null;

        var results = await _world.ExamineAsync();

        Failed(results).ShouldBe(["engine", "cgroups", "runtime", "images", "gpu"]);
        results.Single(r => r.Name == "engine").Remedy!.ShouldContain("DOCKER_HOST");
        Doctor.CanRunJobs(results).ShouldBeFalse();
    }

    public static TheoryData<string, string, string> Spoiled => new()
    {
        { "old engine", "engine", "upgrade" },
        { "cgroup", "cgroups", "kernel" },
        { "memory limit", "cgroups", "CONFIG_MEMCG" },
        { "no runtime", "runtime", "daemon.json" },
        { "broken runtime", "runtime", "runsc, which works" },
        { "image", "images", "docker pull" },
        { "disk", "disk", "prune" },
        { "quota", "output-quota", "modprobe loop" },
        { "networks", "network-modes", "root" },
        { "no key", "key", "backup" },
        { "open key", "key", "chmod 600" },
        { "dns", "network", "resolv.conf" },
        { "api", "api", "wait" },
        { "unregistered", "registration", "join" },
        { "other key", "registration", "backup" },
        { "jailed", "registration", "appealed" },
        { "clock", "clock", "set-ntp" },
        { "broker", "broker", "Hypernode:Agent:Broker" },
        { "no broker", "broker", "--broker" },
    };

    [Theory]
    [MemberData(nameof(Spoiled))]
    public async Task One_thing_that_is_wrong_is_the_one_that_fails_and_it_says_how_to_mend_it(string what, string check, string remedy)
    {
        Spoil(what);

        var results = await _world.ExamineAsync();

        Failed(results).ShouldBe([check]);
        results.Single(r => r.Name == check).Remedy!.ShouldContain(remedy);
        results.ShouldAllBe(r => !$"{r.Detail}{r.Remedy}".Contains("hunter2"));
        results.ShouldAllBe(r => r.Remedy == null || !r.Remedy.Contains('\n'));
    }

    [Fact]
    public async Task What_only_limits_jobs_is_a_note()
    {
        (_world.HardQuota, _world.Options.AllowWatchedOutput) = (false, true);
        _world.ChainTime = DateTimeOffset.UnixEpoch.AddHours(1);
        _world.Machine = _world.Machine with { NvidiaDriver = "550.54", DiskFreeBytes = 5L << 30 };
        _world.Surroundings = _world.Surroundings with { Api = null };
        _world.Engine = _world.Engine! with { LiveRestore = false };

        var results = await _world.ExamineAsync();

        Doctor.CanRunJobs(results).ShouldBeTrue();
        results.Where(r => r.State == CheckState.Note).Select(r => r.Name).ShouldBe(["live-restore", "disk", "output-quota", "gpu", "api", "registration", "clock", "chain-clock"]);
        results.Single(r => r.Name == "live-restore").Remedy!.ShouldContain("daemon.json");
        results.Single(r => r.Name == "gpu").Remedy!.ShouldContain("nvidia-container-toolkit");
    }

    [Fact]
    public async Task Gpus_are_what_a_container_sees_of_them()
    {
        _world.Probe = plan => new ProbeResult(0, plan.AllGpus
            ? "GPU-aaaaaaaa-0000-4000-8000-000000000001, NVIDIA GeForce RTX 4090, 24564, 550.54.14\nGPU-bbbbbbbb-0000-4000-8000-000000000002, NVIDIA A100, 81920, 550.54.14\nCUDA Version: 12.4\n"
            : "hypernode-probe\n");

        var found = await HardwareDetection.RunAsync(_world, _world.Options, HealthyWorld.Image, default);

        found.Gpus.Select(g => (g.Uuid, g.Model, g.VramMb)).ShouldBe([("GPU-aaaaaaaa-0000-4000-8000-000000000001", "NVIDIA GeForce RTX 4090", 24564), ("GPU-bbbbbbbb-0000-4000-8000-000000000002", "NVIDIA A100", 81920)]);
        (found.Driver, found.Cuda).ShouldBe(("550.54.14", "12.4"));
        (await _world.ExamineAsync()).Single(r => r.Name == "gpu").Detail.ShouldContain("RTX 4090 24564 MiB (GPU-aaaaaaaa-0000-4000-8000-000000000001)");
    }

    [Fact]
    public async Task Gpus_for_jobs_are_shown_by_slot_and_missed_when_a_container_does_not_see_them()
    {
        const string A = "GPU-aaaaaaaa-0000-4000-8000-000000000001";
        const string B = "GPU-bbbbbbbb-0000-4000-8000-000000000002";
        _world.Probe = plan => new ProbeResult(0, plan.AllGpus ? $"{A}, RTX, 24564, 550\n{B}, A100, 81920, 550\n" : "hypernode-probe\n");
        (await GpuAsync()).ShouldSatisfyAllConditions(g => g.State.ShouldBe(CheckState.Note), g => g.Remedy!.ShouldContain("hn node join"));

        (_world.Options.Slots, _world.GpuMemory) = (3, () => [new GpuReading(A, 1)]);
        _world.Options.Gpus.Add(A);
        _world.Options.Gpus.Add(B);
        (await GpuAsync()).ShouldSatisfyAllConditions(
            g => g.State.ShouldBe(CheckState.Ok),
            g => g.Detail.ShouldStartWith($"slot 0: RTX 24564 MiB ({A}); slot 1: A100 81920 MiB ({B}); slot 2: no GPU; driver 550"));

        _world.GpuMemory = () => throw new GpuUnreadableException("it hangs");
        (await GpuAsync()).ShouldSatisfyAllConditions(g => g.State.ShouldBe(CheckState.Note), g => g.Detail.ShouldContain("it hangs"));

        _world.Probe = plan => new ProbeResult(0, plan.AllGpus ? $"{A}, RTX, 24564, 550\n" : "hypernode-probe\n");
        (await GpuAsync()).ShouldSatisfyAllConditions(g => g.State.ShouldBe(CheckState.Failed), g => g.Detail.ShouldContain(B), g => g.Detail.ShouldNotContain(A));
    }

    [Theory]
    [InlineData("")]
    [InlineData("STUB nvidia-smi\n")]
    [InlineData("GPU-aaaaaaaa-0000-4000-8000-000000000001, name, many, 1\n")]
    [InlineData("GPU-aaaaaaaa-0000-4000-8000-000000000001, a, b, 2, 3\n")]
    public void What_is_no_gpu_line_is_no_gpu(string output) => HardwareDetection.ParseGpus(output).Gpus.ShouldBeEmpty();

    [Fact]
    public void Cgroup_trees_of_both_versions_are_read()
    {
        var root = Directory.CreateTempSubdirectory("hypernode-cgroups-").FullName;
        try
        {
            CgroupTree.Read(root).ShouldSatisfyAllConditions(f => f.Version.ShouldBe(0), f => f.Missing.Count.ShouldBe(3));
            foreach (var name in new[] { "cpu,cpuacct", "memory", "pids" })
            {
                Directory.CreateDirectory(Path.Combine(root, name));
            }

            CgroupTree.Read(root).ShouldSatisfyAllConditions(f => f.Version.ShouldBe(1), f => f.Missing.ShouldBeEmpty());
            File.WriteAllText(Path.Combine(root, "cgroup.controllers"), "cpuset cpu io memory\n");
            CgroupTree.Read(root).ShouldSatisfyAllConditions(f => f.Version.ShouldBe(2), f => f.Missing.ShouldBe(["pids"]));
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    [Fact]
    public void Every_job_type_has_a_figure() =>
        Benchmark.Run(TimeProvider.System, TimeSpan.FromMilliseconds(5)).ShouldSatisfyAllConditions(
            f => f.Select(b => b.Type).ShouldBe(Enum.GetValues<Contracts.Jobs.JobType>()),
            f => f.ShouldAllBe(b => b.Value > 0));

    private async Task<CheckResult> GpuAsync() => (await _world.ExamineAsync()).Single(r => r.Name == "gpu");

    private static IEnumerable<string> Failed(IEnumerable<CheckResult> results) => results.Where(r => r.State == CheckState.Failed).Select(r => r.Name);

    private void Spoil(string what)
    {
        var engine = _world.Engine!;
        switch (what)
        {
            case "old engine": _world.Engine = engine with { ApiVersion = new Version(1, 24) }; break;
            case "cgroup": _world.Tree = new CgroupFacts(1, ["pids"]); break;
            case "memory limit": _world.Engine = engine with { Warnings = ["WARNING: No memory limit support"] }; break;
            case "no runtime": _world.Options.ContainerRuntime = "kata"; break;
            case "broken runtime":
                _world.Probe = p => p.AllGpus ? throw new EngineRefusedException(500, "no gpu") : p.Runtime == "runc" ? throw new EngineRefusedException(400, "OCI runtime create failed") : new(0, "hypernode-probe");
                break;
            case "image": _world.Options.Images.Add("sha256:" + new string('1', 64)); break;
            case "disk": _world.Machine = _world.Machine with { DiskFreeBytes = 1 }; break;
            case "networks":
                _world.Options.NetworkModes.Add(NetworkMode.Full);
                _world.NetworkProblem = "not permitted";
                break;
            case "quota": _world.HardQuota = false; break;
            case "no key": _world.KeyFile = null; break;
            case "open key": _world.KeyFile = _world.KeyFile! with { OwnerOnly = false }; break;
            case "dns": _world.Unknown.Add("broker.example"); break;
            case "api": _world.Api = () => new ApiFacts(false, "unhealthy, storage", DateTimeOffset.UnixEpoch); break;
            case "unregistered": _world.Published = null; break;
            case "other key": _world.Published = _world.Published! with { NodeKey = "other" }; break;
            case "jailed": _world.Published = _world.Published! with { Status = "jailed" }; break;
            case "clock": _world.Api = () => new ApiFacts(true, "healthy", DateTimeOffset.UnixEpoch.AddHours(1)); break;
            case "broker": _world.Broker = () => throw new IOException("it refuses the node's user or password"); break;
            case "no broker": _world.Options.Broker = ""; break;
            default: throw new ArgumentException(what);
        }
    }
}

/// <summary>The doctor's own eyes on a real engine. DOCKER_HOST says where it is (see eng/engine.sh).</summary>
[Trait("Needs", "docker")]
public sealed class RealMachineTests(JobImage image) : IClassFixture<JobImage>
{
    [Fact]
    public async Task A_real_engine_is_found_fit_by_running_a_container_in_it()
    {
        var data = Directory.CreateTempSubdirectory("hypernode-doctor-").FullName;
        try
        {
            var options = new AgentOptions { DataFolder = data, AllowWatchedOutput = true, Images = { image.Id } };
            using var machine = new LocalMachine(options);
            using var http = new HttpClient();

            var results = await new Doctor(options, new Surroundings(null, null), machine, new Neighbours(http), TimeProvider.System).RunAsync(default);

            foreach (var name in new[] { "engine", "cgroups", "runtime", "images", "gpu" })
            {
                results.Single(r => r.Name == name).ShouldSatisfyAllConditions(r => r.State.ShouldNotBe(CheckState.Failed, r.Detail));
            }

            results.Single(r => r.Name == "runtime").Detail.ShouldContain("runc runs a container");
            results.Single(r => r.Name == "gpu").Detail.ShouldContain("CPU only");
            results.Single(r => r.Name == "key").State.ShouldBe(CheckState.Failed);
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    [Fact]
    public async Task An_engine_that_is_not_there_is_said_to_be_away()
    {
        var options = new AgentOptions { DataFolder = Path.GetTempPath(), EngineHost = "unix:///nowhere/docker.sock" };
        using var machine = new LocalMachine(options);
        await Should.ThrowAsync<EngineUnavailableException>(() => machine.EngineAsync(default));
    }
}
