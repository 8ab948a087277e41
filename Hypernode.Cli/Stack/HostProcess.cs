using System.Text.Json;
using Hypernode.Cli.Adapters;

namespace Hypernode.Cli.Stack;

/// <summary>One server process, with the file in which it says that it is ready.</summary>
internal static class HostProcess
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    public static ChildProcess Start(Repository repository, string dataPath, string config, string name, string roles, CleanupGuard guard)
    {
        File.Delete(ReadyPath(dataPath, roles));
        return ChildProcess.Start(
            name,
            Path.Combine(dataPath, "logs"),
            guard,
            "dotnet",
            [repository.HostProgram, "--config", config, "--roles", roles, "--until-stdin-closes"]);
    }

    /// <exception cref="CliException">It ended, or is not ready after two minutes; with the end of its log.</exception>
    public static async Task<HostReady> WaitAsync(ChildProcess host, string dataPath, string roles, TimeProvider time, CancellationToken cancellationToken)
    {
        var path = ReadyPath(dataPath, roles);
        var started = time.GetTimestamp();
        while (true)
        {
            if (File.Exists(path) && JsonSerializer.Deserialize<HostReady>(await File.ReadAllTextAsync(path, cancellationToken), Json) is { } ready
                && ready.Pid == host.Id)
            {
                return ready;
            }

            if (host.HasExited || time.GetElapsedTime(started) > Patience)
            {
                throw new CliException($"the {host.Name} did not start; its log is {host.LogFile}:\n{host.Tail()}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), time, cancellationToken);
        }
    }

    private static string ReadyPath(string dataPath, string roles) => Path.Combine(
        dataPath, roles.Split(',').Contains("api", StringComparer.Ordinal) ? "host.json" : $"host-{roles.Replace(',', '-')}.json");
}
