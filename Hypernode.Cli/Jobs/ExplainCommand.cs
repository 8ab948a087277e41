using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Hypernode.Cli.Jobs;

/// <summary><c>hn job explain</c>: why a job is where it is.</summary>
internal static class ExplainCommand
{
    public static Command Create()
    {
        var id = Connection.JobIdArgument();
        var command = new Command(
            "explain",
            """
            Say why a job is where it is: each decision so far, what it waits for, and what happens when nothing comes.

            Examples:
              ./hn job explain last --wallet wallet.json
              ./hn job explain job-… --wallet wallet.json --json | jq .waitingFor
            """)
        {
            id, Connection.Wallet, Connection.Api, Connection.Json,
        };
        Connection.Handle(command, async (parsed, cancellationToken) =>
        {
            using var api = await Connection.SignInAsync(parsed, cancellationToken);
            var answer = await api.ExplainAsync(await Connection.JobOfAsync(api, parsed.GetRequiredValue(id), cancellationToken), cancellationToken);
            await Connection.AnswerAsync(parsed, answer, () => Describe(answer));
            return 0;
        });
        return command;
    }

    internal static string Describe(JsonObject answer) => string.Join('\n',
    [
        $"{answer["jobId"]}: {answer["state"]}{(answer["outcome"] is { } outcome ? $", {outcome}" : "")} (attempt {answer["attempt"]} of {answer["maxAttempts"]})",
        $"  now: {answer["waitingFor"]?["text"]}",
        .. answer["matching"] is JsonObject matching ? Matching(matching) : [],
        .. Items(answer, "deadlines").Select(d => $"  by {At(d)}: {d["text"]}"),
        "  so far:",
        .. Items(answer, "decisions").Select(d => $"    {At(d)}  {d["state"],-18} {d["text"]}"),
        .. Items(answer, "attempts").Select(a =>
            $"  attempt {a["attempt"]} on {a["nodeId"]}{(a["receipt"] is { } r ? $": exit code {r["exitCode"]}" : "")}{(a["verdict"] is { } v ? $", {v["verdict"]}: {v["detail"]}" : "")}"),
        .. answer["pending"] is JsonObject pending ? new[] { $"  a transaction's end is not known yet: {pending["signature"]}" } : [],
    ]);

    private static IEnumerable<string> Matching(JsonObject matching) =>
        [$"  market: {matching["text"]}", .. Items(matching, "reasons").Select(r => $"    {r["count"]} × {r["text"]}")];

    private static IEnumerable<JsonNode> Items(JsonObject of, string name) => (of[name] as JsonArray ?? []).OfType<JsonNode>();

    private static string At(JsonNode node) =>
        DateTimeOffset.FromUnixTimeMilliseconds(node["at"]!.GetValue<long>()).ToString("u", CultureInfo.InvariantCulture);
}
