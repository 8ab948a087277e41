using System.Text.Json.Nodes;
using Hypernode.Contracts.Jobs;
using Hypernode.NodeAgent.Execution;
using Hypernode.NodeAgent.Network;

namespace Hypernode.NodeAgent.Adapters.Docker;

/// <summary>The engine's own words for a <see cref="ContainerPlan"/>: where every limit of the sandbox stands.</summary>
internal static class ContainerBody
{
    /// <summary>Nobody's number on any distribution.</summary>
    public const string User = "65532:65532";

    /// <summary>Open files of one process.</summary>
    public const int OpenFiles = 16_384;

    /// <summary>
    /// The engine's own list, so that every engine hides the same, and three more: the loop devices of /sys name the folders of other
    /// attempts, powercap tells what other jobs compute, and debug and tracing are the kernel's.
    /// </summary>
    private static readonly string[] Masked =
    [
        "/proc/asound", "/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats",
        "/proc/sched_debug", "/proc/scsi", "/proc/vmallocinfo", "/sys/firmware", "/sys/devices/virtual/block", "/sys/devices/virtual/powercap", "/sys/kernel/debug",
        "/sys/kernel/tracing",
    ];

    public static JsonObject Of(ContainerPlan plan, AgentOptions options)
    {
        var body = new JsonObject
        {
            ["Image"] = plan.Image.Id,
            ["Cmd"] = plan.Script ? ScriptCommand(plan) : new JsonArray([.. plan.Cmd.Select(c => (JsonNode)c)]),
            ["User"] = User,
            ["NetworkDisabled"] = true,
            ["Hostname"] = "job",
            ["Env"] = new JsonArray([(JsonNode)"HOME=/tmp", "HYPERNODE_IN=/in", "HYPERNODE_OUT=/out", .. GpuRequest.Environment(plan.GpuUuids ?? []), .. ProxyVariables(plan)]),
            ["Labels"] = new JsonObject([.. plan.Labels.Select(l => KeyValuePair.Create(l.Key, (JsonNode?)l.Value))]),
            ["StopSignal"] = "SIGTERM",
            // An image's health check would run beside the job, on its bill.
            ["Healthcheck"] = new JsonObject { ["Test"] = new JsonArray("NONE") },
            ["HostConfig"] = HostConfig(plan, options),
        };
        if (plan.Script)
        {
            body["Entrypoint"] = new JsonArray("/bin/sh");
            body["WorkingDir"] = "/out";
        }

        return body;
    }

    /// <summary>A script that has a network begins when it is there. (The shell's own words only: an image need not have a sleep.)</summary>
    private static JsonArray ScriptCommand(ContainerPlan plan) => plan.Network == NetworkMode.None
        ? new JsonArray($"/in/{InputFolder.ScriptName}")
        : new JsonArray("-c", $"until [ -e /in/{JobNetworks.ReadyName} ]; do :; done; exec /bin/sh /in/{InputFolder.ScriptName}");

    /// <summary>By all the names that programs look for.</summary>
    private static IEnumerable<JsonNode> ProxyVariables(ContainerPlan plan) => plan.Network == NetworkMode.None
        ? []
        : ((string[])["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"])
            .Select(n => (JsonNode)$"{n}=http://127.0.0.1:{JobProxy.Port}").Append("NO_PROXY=localhost,127.0.0.1").Append("no_proxy=localhost,127.0.0.1");

    private static JsonObject HostConfig(ContainerPlan plan, AgentOptions options)
    {
        var memory = (long)plan.MemoryMb << 20;
        var config = new JsonObject
        {
            ["NetworkMode"] = "none",
            ["Runtime"] = options.ContainerRuntime,
            ["Memory"] = memory,
            ["MemorySwap"] = memory,
            ["NanoCpus"] = plan.CpuMillis * 1_000_000L,
            ["PidsLimit"] = options.PidsLimit,
            ["Ulimits"] = new JsonArray(Ulimit("nofile", OpenFiles), Ulimit("core", 1)),
            ["ReadonlyRootfs"] = true,
            ["MaskedPaths"] = new JsonArray([.. Masked.Select(p => (JsonNode)p)]),
            ["Privileged"] = false,
            ["CapDrop"] = new JsonArray("ALL"),
            ["SecurityOpt"] = new JsonArray("no-new-privileges", $"seccomp={Seccomp.Profile}"),
            ["IpcMode"] = "private",
            ["CgroupnsMode"] = "private",
            ["Init"] = true,
            ["RestartPolicy"] = new JsonObject { ["Name"] = "no" },
            ["Mounts"] = new JsonArray(
                new JsonObject { ["Type"] = "bind", ["Source"] = plan.InFolder, ["Target"] = "/in", ["ReadOnly"] = true },
                new JsonObject { ["Type"] = "bind", ["Source"] = plan.OutFolder, ["Target"] = "/out" }),
            ["Tmpfs"] = Tmpfs(plan.Image.Volumes),
            ["LogConfig"] = Log(),
        };
        if (plan.GpuUuids is { Count: > 0 } gpus)
        {
            config["DeviceRequests"] = GpuRequest.Devices(gpus);
        }

        return config;
    }

    /// <summary>
    /// Core files: one byte is too small for a file and, unlike zero, is the kernel's word for "never hand it to the host's crash
    /// handler" either, which would run as root on a dump that the job made up.
    /// </summary>
    private static JsonObject Ulimit(string name, int value) => new() { ["Name"] = name, ["Soft"] = value, ["Hard"] = value };

    /// <summary>A volume that the image declares would be a writable folder without a limit: it gets a small tmpfs of the job's own memory.</summary>
    private static JsonObject Tmpfs(IReadOnlyList<string> volumes)
    {
        var mounts = new JsonObject { ["/tmp"] = "rw,nosuid,nodev,size=64m,mode=1777" };
        foreach (var volume in volumes.Where(v => v is not ("/tmp" or "/in" or "/out")))
        {
            mounts[volume] = "rw,nosuid,nodev,size=16m,mode=1777";
        }

        return mounts;
    }

    /// <summary>
    /// The driver <c>local</c> keeps bytes as they are (json-file mends what is no UTF-8), and its file is the agent's source
    /// after a restart. Its size is bounded far above what the agent takes over.
    /// </summary>
    private static JsonObject Log() => new()
    {
        ["Type"] = "local",
        ["Config"] = new JsonObject { ["max-size"] = "256m", ["max-file"] = "1", ["compress"] = "false" },
    };
}
