using System.CommandLine;
using System.Text.Json;
using Hypernode.Cli.Client;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Nodes;
using Hypernode.NodeAgent;
using Hypernode.NodeAgent.Hardware;
using Hypernode.Solana;

namespace Hypernode.Cli.Nodes;

/// <summary><c>hn node status</c>: slots, jobs, earnings, standing, and why no jobs come.</summary>
internal static class StatusCommand
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public static Command Create()
    {
        var data = NodeCommands.Data();
        var json = new Option<bool>("--json") { Description = "print one JSON object on stdout (sums in base units, times in ms)" };
        var command = new Command(
            "status",
            """
            What this node does and earns, how it stands on chain, and why no jobs come.

            Examples:
              ./hn node status
              ./hn node status --json | jq -r '.whyNoJobs[]'
            """)
        {
            data, json,
        };
        command.SetAction((parsed, _) => CommandRun.RunAsync(
            async cancellationToken =>
            {
                var report = await ReadAsync(new NodeFolder(parsed.GetRequiredValue(data).FullName), cancellationToken);
                await Console.Out.WriteLineAsync(parsed.GetValue(json) ? JsonSerializer.Serialize(report, Json) : Describe(report));
                return 0;
            },
            interrupted: 130));
        return command;
    }

    /// <exception cref="CliException">The folder holds no node.</exception>
    public static async Task<NodeReport> ReadAsync(NodeFolder folder, CancellationToken cancellationToken)
    {
        var home = folder.Home() ?? throw new CliException($"--data: {folder.Root} holds no node that has joined: hn node join");
        var options = folder.Options();
        var node = options.Node;
        using var api = new ApiClient(home.Api);
        using var http = new HttpClient();
        var chain = new NodeOnChain(new RpcClient(http, new Uri(home.Rpc)), new PublicKey(home.Registry), TimeProvider.System);
        var away = new List<string>();
        var published = await OrAwayAsync("the API", () => api.FindNodeAsync(node.ToString(), cancellationToken));
        var report = NodeReport.Of(
            node.ToString(),
            published,
            await OrAwayAsync<NodeStatsAnswer?>(null, async () => await api.NodeStatsAsync(cancellationToken)),
            await OrAwayAsync("the chain", () => chain.FindAsync(node, cancellationToken)),
            await DoctorCommand.ExamineAsync(folder, null, null, null, cancellationToken),
            TimeProvider.System.GetUtcNow()) with { SlotGpus = GpusOf(options, published) };

        // Who does not answer has not said that it does not know the node.
        return away.Count == 0 ? report : report with { WhyNoJobs = [.. away, .. report.WhyNoJobs.Where(r => !NodeReport.IsOfAbsence(r))] };

        async Task<T?> OrAwayAsync<T>(string? who, Func<Task<T?>> ask)
        {
            try
            {
                return await ask();
            }
            catch (Exception e) when (PlainFailure.Is(e) && !cancellationToken.IsCancellationRequested)
            {
                away.AddRange(who is null ? [] : new[] { $"{who} does not answer: {PlainFailure.Describe(e)}" });
                return default;
            }
        }
    }

    /// <summary>Whose they are is in the settings; what they are is in what was published of them, in the same order.</summary>
    internal static IReadOnlyList<string> GpusOf(AgentOptions options, NodeAnswer? published)
    {
        var known = published?.Gpus.Count == options.Gpus.Count ? published.Gpus : [];
        return GpuSlots.Describe(
            options.Slots, [.. options.Gpus.Select((uuid, i) => i < known.Count ? new GpuInfo(uuid, known[i].Model, known[i].VramMb) : new GpuInfo(uuid, "GPU", 0))]);
    }

    internal static string Describe(NodeReport r) => string.Join('\n', [
        $"node        {r.NodeId}, {r.Status}, {(r.LastSeenAt is { } seen ? $"last seen {DateTimeOffset.FromUnixTimeMilliseconds(seen):yyyy-MM-dd HH:mm:ss} UTC" : "never seen")}",
        $"slots       {r.BusySlots} of {r.Slots} busy, {new HyperAmount(r.PricePerSecond)} HYPER a second each",
        .. (r.SlotGpus ?? []).Select(s => $"            {s}"),
        $"jobs        {r.JobsCompleted} completed, {r.Faults} faults on chain",
        $"earned      {new HyperAmount(r.Earned)} HYPER: {new HyperAmount(r.EarnedPerJob)} a job, {new HyperAmount(r.EarnedPerDay)} a day",
        $"stake       {new HyperAmount(r.Stake)} HYPER, tier {r.Tier}: {(r.MaxJobs is { } most ? $"{most} at once" : "any number at once")}",
        $"reputation  {r.Reputation} of 10000",
        r.WhyNoJobs.Count == 0 ? "jobs        should come: nothing stands in their way" : "why no (more) jobs come:",
        .. r.WhyNoJobs.Select(reason => $"  - {reason}"),
    ]);
}
