using Hypernode.Contracts.Jobs;
using Hypernode.NodeAgent.Execution;

namespace Hypernode.NodeAgent.Hardware;

/// <summary>What jobs run on: the engine and its limits, and the disk.</summary>
internal sealed class EngineChecks(AgentOptions options, IMachine machine)
{
    public const string InstallEngine = "install and start a Docker engine (Debian: apt-get install docker.io) and set DOCKER_HOST or Hypernode:Agent:EngineHost";

    private const string Word = "hypernode-probe";
    private const long Gigabyte = 1L << 30;
    private const long LeastDisk = 2 * Gigabyte;
    private const long ScarceDisk = 20 * Gigabyte;
    private static readonly Version OldestApi = new(1, 41);
    private static readonly string[] KnownRuntimes = ["runc", "runsc", "kata", "kata-runtime"];

    public async Task<CheckResult> EngineAsync(string name, CancellationToken cancellationToken)
    {
        if (options.Runtime == AgentRuntime.Process)
        {
            return new(name, CheckState.Note, "the process runtime: jobs run UNSANDBOXED, as plain processes", "leave Hypernode:Agent:Runtime at Docker");
        }

        var engine = await machine.EngineAsync(cancellationToken);
        return engine.ApiVersion < OldestApi
            ? new(name, CheckState.Failed, $"version {engine.Version} speaks API {engine.ApiVersion}; at least {OldestApi} is needed", "upgrade the engine")
            : new(name, CheckState.Ok, $"version {engine.Version}, API {engine.ApiVersion}, {engine.Cpus} CPUs, {engine.MemoryBytes >> 20} MiB");
    }

    public async Task<CheckResult> LiveRestoreAsync(string name, CancellationToken cancellationToken) =>
        options.Runtime == AgentRuntime.Process || (await machine.EngineAsync(cancellationToken)).LiveRestore
            ? new(name, CheckState.Ok, "jobs live on while the engine is restarted")
            : new(
                name, CheckState.Note, "off: a restart or an upgrade of the engine ends every job that runs, unpaid",
                "put \"live-restore\": true into /etc/docker/daemon.json, then systemctl reload docker");

    public async Task<CheckResult> CgroupsAsync(string name, CancellationToken cancellationToken)
    {
        var engine = await machine.EngineAsync(cancellationToken);
        var tree = machine.Cgroups();
        if (tree.Missing.Count > 0)
        {
            return new(name, CheckState.Failed, $"the kernel has no {string.Join(", ", tree.Missing)} controller", "enable it on the kernel's command line (cgroup_enable=memory) and reboot");
        }

        // The engine says what it can't limit, in words such as "WARNING: No memory limit support".
        var refused = engine.Warnings.Where(w => w.Contains("memory limit", StringComparison.OrdinalIgnoreCase)
            || w.Contains("pids limit", StringComparison.OrdinalIgnoreCase) || w.Contains("cpu cfs", StringComparison.OrdinalIgnoreCase)).ToList();
        if (refused.Count > 0)
        {
            return new(name, CheckState.Failed, string.Join("; ", refused), "use a kernel with CONFIG_MEMCG, CONFIG_CGROUP_PIDS and CONFIG_CFS_BANDWIDTH");
        }

        return engine.Warnings.Any(w => w.Contains("swap limit", StringComparison.OrdinalIgnoreCase))
            ? new(name, CheckState.Note, "the engine can't limit swap: a job may use more than its memory", "add swapaccount=1 to the kernel's command line, or switch swap off")
            : new(name, CheckState.Ok, $"version {(engine.CgroupVersion.Length > 0 ? engine.CgroupVersion : tree.Version)}: cpu, memory and pids");
    }

    /// <summary>Tells by running: what an engine lists may still not start.</summary>
    public async Task<CheckResult> RuntimeAsync(string name, CancellationToken cancellationToken)
    {
        var engine = await machine.EngineAsync(cancellationToken);
        if (!engine.Runtimes.Contains(options.ContainerRuntime, StringComparer.Ordinal))
        {
            return new(
                name, CheckState.Failed, $"the engine has no runtime {options.ContainerRuntime}, only {string.Join(", ", engine.Runtimes)}",
                "add it under \"runtimes\" in /etc/docker/daemon.json, or set Hypernode:Agent:ContainerRuntime to one of these");
        }

        if (HardwareDetection.ProbeImage(await machine.ImagesAsync(cancellationToken), options.Images) is not { } image)
        {
            return new(name, CheckState.Note, $"{options.ContainerRuntime} is listed; no image to try it with", "docker pull one of the node's images");
        }

        var works = new List<string>();
        string? broken = null;
        foreach (var runtime in engine.Runtimes.Where(r => r == options.ContainerRuntime || KnownRuntimes.Contains(r, StringComparer.Ordinal)))
        {
            var problem = await TryAsync(image, runtime, cancellationToken);
            if (problem is null)
            {
                works.Add(runtime);
            }
            else if (runtime == options.ContainerRuntime)
            {
                broken = problem;
            }
        }

        return broken is null
            ? new(name, CheckState.Ok, $"{options.ContainerRuntime} runs a container; working here: {string.Join(", ", works)}")
            : new(
                name, CheckState.Failed, $"{options.ContainerRuntime} does not run a container: {broken}",
                works.Count > 0 ? $"set Hypernode:Agent:ContainerRuntime to {works[0]}, which works" : "read the engine's log: journalctl -u docker");
    }

    public async Task<CheckResult> ImagesAsync(string name, CancellationToken cancellationToken)
    {
        var cached = await machine.ImagesAsync(cancellationToken);
        var pulled = Images.PulledImages.Read(options.DataFolder);
        var kept = pulled.Count == 0 ? "" : $"; {pulled.Count} of {pulled.Sum(i => i.Bytes) >> 20} MiB pulled by the agent, cap {(options.MaxImageCacheMb > 0 ? $"{options.MaxImageCacheMb} MiB" : "none")}";
        if (options.Images.Count == 0)
        {
            return cached.Count > 0 || options.AllowPull
                ? new(name, CheckState.Ok, $"any image is taken; {cached.Count} in the cache, {(options.AllowPull ? "others are pulled" : "no others")}{kept}")
                : new(name, CheckState.Failed, "the cache is empty, and pulling is not allowed", "docker pull an image, or set Hypernode:Agent:AllowPull");
        }

        var missing = options.Images.Where(w => !cached.Any(c => HardwareDetection.Is(c, w))).ToList();
        return missing.Count == 0
            ? new(name, CheckState.Ok, $"all {options.Images.Count} in the cache{kept}")
            : new(
                name,
                options.AllowPull || missing.Count < options.Images.Count ? CheckState.Note : CheckState.Failed,
                $"not in the cache: {string.Join(", ", missing)}",
                $"docker pull {missing[0]}");
    }

    public Task<CheckResult> DiskAsync(string name, CancellationToken cancellationToken)
    {
        var facts = machine.Describe(options.DataFolder);
        var said = $"{facts.DiskFreeBytes / Gigabyte} of {facts.DiskTotalBytes / Gigabyte} GiB free for {options.DataFolder}";
        return Task.FromResult(facts.DiskFreeBytes switch
        {
            < LeastDisk => new CheckResult(name, CheckState.Failed, said, "docker system prune, or let Hypernode:Agent:DataFolder name a larger disk"),
            < ScarceDisk => new CheckResult(name, CheckState.Note, said, "free some: results and images need room"),
            _ => new CheckResult(name, CheckState.Ok, said),
        });
    }

    public async Task<CheckResult> OutputQuotaAsync(string name, CancellationToken cancellationToken)
    {
        if (await machine.HasHardOutputQuotaAsync(cancellationToken))
        {
            return new(name, CheckState.Ok, "a file system of its own for each job's /out (loop-mounted)");
        }

        const string remedy = "run the agent as root with loop devices (modprobe loop) and e2fsprogs";
        return options.AllowWatchedOutput
            ? new(name, CheckState.Note, "none: the size of /out is only watched", remedy)
            : new(name, CheckState.Failed, "no hard quota for /out: every job is declined", $"{remedy}, or set Hypernode:Agent:AllowWatchedOutput");
    }

    public Task<CheckResult> NetworkModesAsync(string name, CancellationToken cancellationToken)
    {
        var modes = options.NetworkModes.Where(m => m != NetworkMode.None).ToList();
        if (modes.Count == 0)
        {
            return Task.FromResult(new CheckResult(name, CheckState.Ok, "none: jobs have no network"));
        }

        var problem = options.ContainerRuntime != "runc" ? $"containers of {options.ContainerRuntime} have a loopback of their own, which the agent can't reach" : machine.NetworkModesProblem();
        return Task.FromResult(problem is null
            ? new CheckResult(name, CheckState.Ok, $"{string.Join(", ", modes)}, through the agent's proxy{(options.NetworkNamespace.Length > 0 ? $" and the network namespace {options.NetworkNamespace}" : "")}")
            : new CheckResult(
                name, CheckState.Failed, problem,
                "run the agent as root on Linux with runc, make the namespace (ip netns add), or empty Hypernode:Agent:NetworkModes and join with --network-modes none"));
    }

    /// <returns>Null: it works.</returns>
    private async Task<string?> TryAsync(CachedImage image, string runtime, CancellationToken cancellationToken)
    {
        try
        {
            var result = await machine.ProbeAsync(new ProbePlan(image.Id, runtime, ["/bin/sh", "-c", $"echo {Word}"]), cancellationToken);
            return result.ExitCode == 0 && result.Output.Contains(Word, StringComparison.Ordinal) ? null : $"exit code {result.ExitCode} {result.Output.Trim()}".Trim();
        }
        catch (EngineRefusedException e)
        {
            return e.Message;
        }
    }
}
