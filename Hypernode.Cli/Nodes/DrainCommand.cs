using System.CommandLine;
using System.Text.Json;
using Hypernode.Cli.Client;
using Hypernode.Solana;

namespace Hypernode.Cli.Nodes;

/// <summary><c>hn node drain</c> and <c>undrain</c>: before an update, or to leave. The node's own key says it.</summary>
internal static class DrainCommand
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public static Command CreateDrain() => Create(
        "drain",
        """
        Take no new jobs; those that run go on to their end.

        Examples:
          ./hn node drain
          ./hn node drain --json | jq .busySlots
        """,
        drained: true);

    public static Command CreateUndrain() => Create(
        "undrain",
        """
        Take jobs again.

        Examples:
          ./hn node undrain
        """,
        drained: false);

    private static Command Create(string name, string description, bool drained)
    {
        var data = NodeCommands.Data();
        var json = new Option<bool>("--json") { Description = "print one JSON object on stdout" };
        var command = new Command(name, description) { data, json };
        command.SetAction((parsed, _) => CommandRun.RunAsync(
            async cancellationToken =>
            {
                var answer = await SetAsync(new NodeFolder(parsed.GetRequiredValue(data).FullName), drained, cancellationToken);
                await Console.Out.WriteLineAsync(parsed.GetValue(json) ? JsonSerializer.Serialize(answer, Json) : Describe(answer));
                return 0;
            },
            interrupted: 130));
        return command;
    }

    /// <exception cref="CliException">The folder holds no node that has joined.</exception>
    public static async Task<NodeStatusAnswer> SetAsync(NodeFolder folder, bool drained, CancellationToken cancellationToken)
    {
        var home = folder.Home() ?? throw new CliException($"--data: {folder.Root} holds no node that has joined: hn node join");
        using var key = KeyFile.Load(folder.KeyFile);
        using var api = new ApiClient(home.Api);
        await api.SignInAsync(key, cancellationToken);
        return await api.DrainAsync(folder.Options().NodeId, drained, cancellationToken);
    }

    private static string Describe(NodeStatusAnswer answer) => answer.Status switch
    {
        "draining" when answer.BusySlots == 0 => "draining: no job runs, the agent may be stopped",
        "draining" => $"draining: {answer.BusySlots} {(answer.BusySlots == 1 ? "job" : "jobs")} still to end",
        _ => $"{answer.Status}: jobs may come",
    };
}
