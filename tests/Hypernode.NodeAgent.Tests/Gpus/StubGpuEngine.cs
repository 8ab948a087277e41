using System.Diagnostics;
using System.Text.Json.Nodes;
using Hypernode.Contracts.Nodes;
using Hypernode.NodeAgent.Adapters.Docker;
using Hypernode.NodeAgent.Tests.Fakes;

#pragma warning disable CA1416 // these tests run on Linux

namespace Hypernode.NodeAgent.Tests.Gpus;

/// <summary>
/// A private, real engine that takes the stubs in <c>Gpus/stubs</c> for a driver of four GPUs. STUB GPUs: which GPU goes to whom, what a
/// container is told, and what is read of the driver's answers are tested with them; drivers and isolation are not.
/// </summary>
public sealed class StubGpuEngine : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("hn-gpu-").FullName;

    public StubGpuEngine()
    {
        foreach (var stub in Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "Gpus", "stubs")))
        {
            var here = Path.Combine(Stubs, Path.GetFileName(stub));
            Directory.CreateDirectory(Stubs);
            File.Copy(stub, here);
            File.SetUnixFileMode(here, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute);
        }

        File.WriteAllText(Path.Combine(Stubs, "nvidia-smi.gpus"), string.Concat(Gpus.Select(g => $"{g.Uuid}|{g.Model}|{g.VramMb}|000.00 STUB\n")));
        Host = Engine("start").Trim()["DOCKER_HOST=".Length..];
        Image = JobImage.BuildOn(Host);
    }

    public static IReadOnlyList<GpuInfo> Gpus { get; } =
        [.. Enumerable.Range(1, 4).Select(i => new GpuInfo($"GPU-57ab57ab-0000-4000-8000-00000000000{i}", $"STUB GPU {i} (not real hardware)", 8_192 * i))];

    /// <summary><c>unix://…</c></summary>
    public string Host { get; }

    /// <summary>The ordinary job image, on this engine.</summary>
    public string Image { get; }

    public string NvidiaSmi => Path.Combine(Stubs, "nvidia-smi");

    /// <summary>What the stub hook was called for, a line each.</summary>
    public string HookLog => File.Exists(Path.Combine(Stubs, "hook.log")) ? File.ReadAllText(Path.Combine(Stubs, "hook.log")) : "";

    private string Stubs => Path.Combine(_folder, "stubs");

    /// <summary>From now on the stub driver says that so much of a GPU's memory is in use.</summary>
    public void Use(params (string Uuid, int Megabytes)[] used)
    {
        // In one step: the tool may be reading.
        File.WriteAllText(NvidiaSmi + ".new", string.Concat(used.Select(u => $"{u.Uuid}|{u.Megabytes}\n")));
        File.Move(NvidiaSmi + ".new", NvidiaSmi + ".used", overwrite: true);
    }

    /// <summary>The job image with more settings of its own.</summary>
    public async Task<string> ImageThatSaysAsync(params string[] changes)
    {
        using var engine = new DockerHttp(Host);
        var (_, made) = await engine.PostAsync("containers/create", new JsonObject { [nameof(Image)] = Image, ["Cmd"] = new JsonArray("true") }, default);
        var container = JsonNode.Parse(made)!["Id"]!.GetValue<string>();
        var query = string.Concat(changes.Select(c => "&changes=" + Uri.EscapeDataString(c)));
        var (_, committed) = await engine.PostAsync($"commit?container={container}{query}", new JsonObject(), default);
        await engine.DeleteAsync($"containers/{container}?force=1", default);
        return JsonNode.Parse(committed)!["Id"]!.GetValue<string>();
    }

    public void Dispose()
    {
        Engine("stop");
        Directory.Delete(_folder, recursive: true);
    }

    private string Engine(string command)
    {
        var start = new ProcessStartInfo("bash", [Path.Combine(JobImage.Root(), "eng", "engine.sh"), command, Path.Combine(_folder, "engine")])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            Environment =
            {
                ["HYPERNODE_PRIVATE_ENGINE"] = "1",
                ["HYPERNODE_PURGE"] = "1",
                ["PATH"] = $"{Stubs}:{Environment.GetEnvironmentVariable("PATH")}", // where the engine looks for the driver's hook
            },
        };
        using var process = Process.Start(start)!;
        var complaints = process.StandardError.ReadToEndAsync();
        var said = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? said : throw new InvalidOperationException($"eng/engine.sh {command} failed: {complaints.Result}");
    }
}
