using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using Hypernode.NodeAgent;
using Hypernode.NodeAgent.Adapters.Machine;
using Hypernode.NodeAgent.Hardware;

namespace Hypernode.Cli.Nodes;

/// <summary><c>hn node doctor</c>: the agent's own checks, for people.</summary>
internal static class DoctorCommand
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) } };

    public static Command Create()
    {
        var data = NodeCommands.Data();
        var api = NodeCommands.Url("--api", "the API's address (default: the one that the node joined)");
        var rpc = NodeCommands.Url("--rpc", "a Solana RPC node's address (default: the one that the node joined with)");
        var engine = new Option<string?>("--engine") { Description = "the engine's socket, unix:///… (default: the node's settings, DOCKER_HOST, /var/run/docker.sock)" };
        var json = new Option<bool>("--json") { Description = "print one JSON object on stdout" };
        NodeCommands.Refuse(engine, text => text.StartsWith("unix:///", StringComparison.Ordinal) ? null : "must be unix:///… (job files are bind mounts, so the engine is on this machine)");
        var command = new Command(
            "doctor",
            """
            Check everything that a job needs on this machine, and say how to mend what fails.

            Exit code: 0 jobs can run, 1 a job could not run, 2 the command line is wrong.

            Examples:
              ./hn node doctor
              ./hn node doctor --api https://api.example --rpc https://rpc.example
              ./hn node doctor --json | jq '.checks[] | select(.state == "failed") | .remedy'
            """)
        {
            data, api, rpc, engine, json,
        };
        command.SetAction((parsed, _) => CommandRun.RunAsync(
            async cancellationToken =>
            {
                var folder = new NodeFolder(parsed.GetRequiredValue(data).FullName);
                var results = await ExamineAsync(folder, parsed.GetValue(api), parsed.GetValue(rpc), parsed.GetValue(engine), cancellationToken);
                await Console.Out.WriteLineAsync(parsed.GetValue(json)
                    ? JsonSerializer.Serialize(new { ok = Doctor.CanRunJobs(results), checks = results }, Json)
                    : Describe(results));
                return Doctor.CanRunJobs(results) ? 0 : 1;
            },
            interrupted: 130));
        return command;
    }

    public static async Task<IReadOnlyList<CheckResult>> ExamineAsync(
        NodeFolder folder, string? api, string? rpc, string? engine, CancellationToken cancellationToken)
    {
        var (options, home) = (folder.Options(), folder.Home());
        options.EngineHost = engine ?? options.EngineHost;
        using var machine = new LocalMachine(options);
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(10) };
        var surroundings = new Surroundings(Parse(api ?? home?.Api), Parse(rpc ?? home?.Rpc));
        return await new Doctor(options, surroundings, machine, new Neighbours(http), TimeProvider.System).RunAsync(cancellationToken);
    }

    internal static string Describe(IReadOnlyList<CheckResult> results)
    {
        var lines = results.SelectMany(r => new[]
        {
            $"{Mark(r.State)}  {r.Name,-13} {r.Detail}",
            r.Remedy is null ? null : $"{"",-20} → {r.Remedy}",
        });
        var failed = results.Count(r => r.State == CheckState.Failed);
        return string.Join('\n', [
            .. lines.OfType<string>(),
            failed == 0 ? "jobs can run here" : $"no job can run here yet: {failed} {(failed == 1 ? "point" : "points")} to mend",
        ]);
    }

    private static string Mark(CheckState state) => state switch
    {
        CheckState.Ok => "ok  ",
        CheckState.Note => "note",
        _ => "FAIL",
    };

    private static Uri? Parse(string? text) => text is null ? null : new Uri(text);
}
