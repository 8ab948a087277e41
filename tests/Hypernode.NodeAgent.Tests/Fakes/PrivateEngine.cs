using System.Diagnostics;
using System.Globalization;

namespace Hypernode.NodeAgent.Tests.Fakes;

/// <summary>An engine of a test's own (eng/engine.sh), which may be killed and started again without ending anybody else's jobs.</summary>
public sealed class PrivateEngine : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("hypernode-own-engine-").FullName;
    private readonly string[] _commandLine;

    public PrivateEngine()
    {
        Run("eng/engine.sh", "start", _folder);
        _commandLine = File.ReadAllText($"/proc/{Pid}/cmdline").Split('\0', StringSplitOptions.RemoveEmptyEntries);
        Image = Run("eng/job-image.sh").Trim();
    }

    public string Host => $"unix://{_folder}/docker.sock";

    /// <summary>The job image's id in it.</summary>
    public string Image { get; }

    private string Pid => File.ReadAllText(Path.Combine(_folder, "docker.pid")).Trim();

    /// <summary>kill -9. The containers' own processes live on until an engine without live-restore comes up again.</summary>
    public async Task KillAsync()
    {
        var pid = Pid;
        Process.GetProcessById(int.Parse(pid, CultureInfo.InvariantCulture)).Kill();
        await Wait.UntilAsync(() => !Directory.Exists($"/proc/{pid}"));
    }

    /// <summary>As systemd would do it: the same command line, nothing tidied before.</summary>
    public async Task StartAgainAsync(bool liveRestore)
    {
        File.WriteAllText(Path.Combine(_folder, "daemon.json"), liveRestore ? """{ "live-restore": true }""" : "{}");
        var start = new ProcessStartInfo("bash", ["-c", $"exec setsid \"$@\" > '{_folder}/log' 2>&1 < /dev/null &", "bash", .. _commandLine]) { UseShellExecute = false };
        using (var process = Process.Start(start)!)
        {
            await process.WaitForExitAsync();
        }

        using var client = new Adapters.Docker.DockerEngine(new AgentOptions { EngineHost = Host });
        await Wait.UntilAsync(() => Answers(client), 40, () => File.ReadAllText(Path.Combine(_folder, "log")));
    }

    public void Dispose()
    {
        Run("eng/engine.sh", "stop", _folder);
        Directory.Delete(_folder, recursive: true);
    }

    private static bool Answers(Adapters.Docker.DockerEngine client)
    {
        try
        {
            return client.ListAsync("none", "none", default).GetAwaiter().GetResult().Count == 0;
        }
        catch (Execution.EngineUnavailableException)
        {
            return false;
        }
    }

    private string Run(string script, params string[] arguments)
    {
        var start = new ProcessStartInfo("bash", [Path.Combine(JobImage.Root(), script), .. arguments]) { RedirectStandardOutput = true, UseShellExecute = false };
        start.Environment["HYPERNODE_PRIVATE_ENGINE"] = "1";
        start.Environment["HYPERNODE_PURGE"] = "1";
        start.Environment["DOCKER_HOST"] = Host;
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{script} failed");
    }
}
