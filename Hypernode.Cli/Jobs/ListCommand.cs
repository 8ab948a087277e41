using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Hypernode.Contracts.Money;

namespace Hypernode.Cli.Jobs;

/// <summary><c>hn job list</c>: a wallet's jobs.</summary>
internal static class ListCommand
{
    public static Command Create()
    {
        var status = new Option<string?>("--status") { Description = "only these" };
        status.AcceptOnlyFromAmong("pending", "running", "completed", "failed", "refunded");
        var limit = new Option<int>("--limit") { Description = "at most so many, 1 to 200", DefaultValueFactory = _ => 50 };
        Nodes.NodeCommands.Refuse(limit, t => int.TryParse(t, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n is >= 1 and <= 200 ? null : "must be 1 to 200");
        var command = new Command(
            "list",
            """
            The wallet's jobs, newest first.

            Examples:
              ./hn job list --wallet wallet.json --status running
              ./hn job list --wallet wallet.json --json | jq -r '.items[].jobId'
            """)
        {
            status, limit, Connection.Wallet, Connection.Api, Connection.Json,
        };
        Connection.Handle(command, async (parsed, cancellationToken) =>
        {
            using var api = await Connection.SignInAsync(parsed, cancellationToken);
            var page = await api.JobsAsync(parsed.GetValue(status), parsed.GetValue(limit), cancellationToken);
            await Connection.AnswerAsync(parsed, page, () => Describe(page));
            return 0;
        });
        return command;
    }

    internal static string Describe(JsonObject page)
    {
        var jobs = (page["items"] as JsonArray ?? []).OfType<JsonObject>().ToList();
        return jobs.Count == 0 ? "no jobs" : string.Join('\n',
        [
            $"{"JOB",-40}  {"CREATED",-20}  {"STATE",-17}  {"AMOUNT",10}  {"CHARGED",10}  DESCRIPTION",
            .. jobs.Select(j =>
                $"{j["jobId"],-40}  {DateTimeOffset.FromUnixTimeMilliseconds(j["createdAt"]!.GetValue<long>()).ToString("u", CultureInfo.InvariantCulture),-20}  {j["state"],-17}  {Sum(j, "amount"),10}  {Sum(j, "charge"),10}  {OneLine(j)}".TrimEnd()),
            .. page["next"] is null ? [] : new[] { "there are more: --limit" },
        ]);
    }

    /// <summary>Another mint's units are not HYPER's.</summary>
    private static string Sum(JsonObject job, string name) =>
        job["mint"] is null ? new HyperAmount(job[name]!.GetValue<ulong>()).ToString() : $"{job[name]} units";

    private static string OneLine(JsonObject job) => (job["description"]?.GetValue<string>() ?? "").ReplaceLineEndings(" ");
}
