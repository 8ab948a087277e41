using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Hypernode.Contracts.Intents;
using Hypernode.NodeAgent.Adapters.Docker;
using Hypernode.NodeAgent.Adapters.Network;
using Hypernode.NodeAgent.Adapters.Outputs;
using Hypernode.NodeAgent.Execution;
using Hypernode.NodeAgent.Hardware;
using Hypernode.Solana;

namespace Hypernode.NodeAgent.Adapters.Machine;

/// <summary>This machine: /proc, the cgroup tree, its disks and its container engine.</summary>
public sealed class LocalMachine(AgentOptions options) : IMachine, IDisposable
{
    private const string Label = "hypernode.probe";
    private const long ProbeMemory = 64L << 20;
    private const long GpuProbeMemory = 256L << 20; // nvidia-smi maps something of every GPU
    private const int MaxOutput = 16 * 1024;

    private readonly DockerHttp _http = new(options.EngineHost);

    public async Task<EngineFacts> EngineAsync(CancellationToken cancellationToken)
    {
        var version = await _http.GetAsync("version", cancellationToken);
        var info = await _http.GetAsync("info", cancellationToken);
        return new EngineFacts(
            Text(version, "Version"),
            Version.TryParse(Text(version, "ApiVersion"), out var api) ? api : new Version(0, 0),
            Text(info, "CgroupVersion"),
            [.. (info?["Runtimes"] as JsonObject ?? []).Select(r => r.Key)],
            Text(info, "DefaultRuntime"),
            info?["NCPU"]?.GetValue<int>() ?? 0,
            info?["MemTotal"]?.GetValue<long>() ?? 0,
            Text(info, "DockerRootDir"),
            [.. (info?["Warnings"] as JsonArray ?? []).Select(w => w?.GetValue<string>() ?? "")],
            info?["LiveRestoreEnabled"]?.GetValue<bool>() == true);
    }

    public async Task<IReadOnlyList<CachedImage>> ImagesAsync(CancellationToken cancellationToken)
    {
        var all = await _http.GetAsync("images/json", cancellationToken) as JsonArray ?? [];
        return
        [
            .. all.OfType<JsonObject>().Select(i => new CachedImage(
                Text(i, "Id"),
                [.. new[] { "RepoDigests", "RepoTags" }.SelectMany(list => i[list] as JsonArray ?? []).Select(n => n?.GetValue<string>() ?? "")],
                i["Size"]?.GetValue<long>() ?? 0)),
        ];
    }

    public async Task<ProbeResult> ProbeAsync(ProbePlan plan, CancellationToken cancellationToken)
    {
        var (_, made) = await _http.PostAsync("containers/create", BodyOf(plan), cancellationToken);
        var id = JsonNode.Parse(made)?["Id"]?.GetValue<string>() ?? throw new EngineRefusedException(404, "the image is gone");
        try
        {
            await _http.PostAsync($"containers/{id}/start", null, cancellationToken);
            var (_, ended) = await _http.PostAsync($"containers/{id}/wait", null, cancellationToken);
            return new ProbeResult(JsonNode.Parse(ended)?["StatusCode"]?.GetValue<int>() ?? -1, await OutputAsync(id, cancellationToken));
        }
        finally
        {
            await _http.DeleteAsync($"containers/{id}?force=1&v=1", CancellationToken.None);
        }
    }

    public MachineFacts Describe(string folder)
    {
        var drive = new DriveInfo(ExistingParent(folder));
        return new MachineFacts(
            First("/proc/cpuinfo", "model name") ?? "unknown",
            Environment.ProcessorCount,
            (int)(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 20),
            drive.AvailableFreeSpace,
            drive.TotalSize,
            NvidiaDriver());
    }

    public CgroupFacts Cgroups() => CgroupTree.Read("/sys/fs/cgroup");

    public async Task<bool> HasHardOutputQuotaAsync(CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(options.DataFolder);
        return (await OutputFolders.DetectAsync(options, cancellationToken)).Hard;
    }

    public Task<IReadOnlyList<GpuReading>> GpuMemoryAsync(CancellationToken cancellationToken) =>
        new NvidiaSmi(options, TimeProvider.System).ReadAsync(cancellationToken);

    public KeyFileFacts? Key(string path)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        const UnixFileMode others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
            | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;
        var ownerOnly = OperatingSystem.IsWindows() || (File.GetUnixFileMode(path) & others) == UnixFileMode.None;
        try
        {
            using var account = KeyFile.Load(path);
            return new KeyFileFacts(ownerOnly, WalletAddress.FromBytes(account.PublicKey.AsSpan()));
        }
        catch (Exception e) when (e is FormatException or ArgumentException)
        {
            return new KeyFileFacts(ownerOnly, null);
        }
    }

    public string? NetworkModesProblem()
    {
        try
        {
            using var own = NetworkNamespace.OfProcess(Environment.ProcessId);
            own.MakeSocket(AddressFamily.InterNetwork).Dispose();
            if (options.NetworkNamespace.Length > 0)
            {
                using var theirs = NetworkNamespace.OfName(options.NetworkNamespace);
                theirs.MakeSocket(AddressFamily.InterNetwork).Dispose();
            }

            return null;
        }
        catch (IOException e)
        {
            return e.Message;
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<string> OutputAsync(string id, CancellationToken cancellationToken)
    {
        using var answer = await _http.OpenAsync($"containers/{id}/logs?stdout=1&stderr=1&timestamps=1", cancellationToken);
        await using var stream = await answer.Content.ReadAsStreamAsync(cancellationToken);
        var output = new StringBuilder();
        await foreach (var piece in DockerLogStream.ReadAsync(stream, new DockerLogFrames(), cancellationToken))
        {
            output.Append(Encoding.UTF8.GetString(piece.Data.Span));
            if (output.Length > MaxOutput)
            {
                break;
            }
        }

        return output.ToString();
    }

    private static JsonObject BodyOf(ProbePlan plan)
    {
        var memory = plan.AllGpus ? GpuProbeMemory : ProbeMemory;
        var host = new JsonObject
        {
            ["NetworkMode"] = "none",
            ["Runtime"] = plan.Runtime,
            ["Memory"] = memory,
            ["MemorySwap"] = memory,
            ["PidsLimit"] = 64,
            // As a job's: a driver whose hook can't do with it gives no GPU to jobs either, and is better found out here.
            ["ReadonlyRootfs"] = true,
            ["CapDrop"] = new JsonArray("ALL"),
            ["SecurityOpt"] = new JsonArray("no-new-privileges", $"seccomp={Seccomp.Profile}"),
            ["LogConfig"] = new JsonObject { ["Type"] = "local" },
        };
        var env = new JsonArray();
        if (plan.AllGpus)
        {
            host["DeviceRequests"] = GpuRequest.AllDevices();
            env = [.. GpuRequest.Environment(["all"])];
        }

        return new JsonObject
        {
            ["Image"] = plan.ImageId,
            ["Entrypoint"] = new JsonArray([.. plan.Cmd.Select(c => (JsonNode)c)]),
            ["User"] = ContainerBody.User,
            ["Env"] = env,
            ["NetworkDisabled"] = true,
            ["Labels"] = new JsonObject { [Label] = "1" },
            ["Healthcheck"] = new JsonObject { ["Test"] = new JsonArray("NONE") },
            ["HostConfig"] = host,
        };
    }

    private static string? NvidiaDriver()
    {
        const string file = "/proc/driver/nvidia/version";
        if (!File.Exists(file))
        {
            return null;
        }

        var words = File.ReadLines(file).First().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return words.FirstOrDefault(w => w.Length > 2 && char.IsAsciiDigit(w[0]) && w.Contains('.', StringComparison.Ordinal)) ?? "unknown";
    }

    private static string? First(string file, string name) => !File.Exists(file)
        ? null
        : File.ReadLines(file).FirstOrDefault(l => l.StartsWith(name, StringComparison.Ordinal))?.Split(':', 2)[^1].Trim();

    private static string ExistingParent(string folder)
    {
        var at = Path.GetFullPath(folder);
        while (!Directory.Exists(at))
        {
            at = Path.GetDirectoryName(at)!;
        }

        return at;
    }

    private static string Text(JsonNode? node, string name) => node?[name]?.GetValue<string>() ?? "";
}
