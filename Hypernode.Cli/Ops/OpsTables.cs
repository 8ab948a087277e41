using System.Globalization;
using System.Text.Json.Nodes;

namespace Hypernode.Cli.Ops;

/// <summary>The host's answers for people.</summary>
internal static class OpsTables
{
    public static string Errors(JsonObject report)
    {
        var groups = Items(report, "groups").ToList();
        return groups.Count == 0 ? "no dead letters" : string.Join('\n',
        [
            $"{report["total"]} dead letters{(Flag(report, "more") ? " and more" : "")}, {groups.Count} {(groups.Count == 1 ? "cause" : "causes")}",
            .. groups.SelectMany(g => new[]
            {
                "",
                $"{g["group"]}  {g["count"]} × {Short(g["cause"])} at {g["queue"]}",
                $"  type     {Short(g["type"])}",
                $"  why      {g["detail"]}",
                $"  seen     {Time(g["firstSeen"])} to {Time(g["lastSeen"])}, at most {g["mostParkings"]} times each",
                $"  example  {g["example"] ?? "-"}{(g["exampleJob"] is { } job ? $" of {job}" : "")}",
                $"  replay   {(Number(g, "replayable") == 0 ? "none of them" : $"{g["replayable"]} of them")}: hn ops replay {g["group"]}",
            }),
        ]);
    }

    public static string Replay(JsonObject report)
    {
        var dry = Flag(report, "dryRun");
        return string.Join('\n',
        [
            .. Items(report, "items").Select(i => i["refused"] is { } why
                ? $"refused   {i["messageId"] ?? "-"}  {i["queue"]}: {why}"
                : $"{(dry ? "would go" : "replayed")}  {i["messageId"]}  to {i["queue"]}{(i["jobId"] is { } job ? $", {job}" : "")}"),
            .. (report["notFound"] as JsonArray ?? []).Select(n => $"not found {n}"),
            $"{report["replayed"]} {(dry ? "would be replayed (--yes does it)" : "replayed")}, {report["refused"]} refused, {report["left"]} left for another run",
        ]);
    }

    public static string Stuck(JsonObject report)
    {
        var jobs = Items(report, "jobs").ToList();
        return jobs.Count == 0 ? $"nothing is stuck: {report["open"]} jobs are open" : string.Join('\n',
        [
            $"{jobs.Count}{(Flag(report, "more") ? " and more" : "")} of {report["open"]} open jobs are past a deadline",
            .. jobs.SelectMany(j => new[]
            {
                "",
                $"{j["jobId"]}  {j["state"]} since {Time(j["since"])}, attempt {j["attempt"]}{(j["nodeId"] is { } node ? $" on {node}" : "")}",
                $"  overdue  since {Time(j["overdueSince"])}: {j["why"]?["text"]}",
                $"  waits    {j["waitingFor"]?["text"]}",
                $"  cause    {j["cause"]?["text"] ?? "-"}",
            }.Concat(Items(j, "deadlines").Select(d => $"  by {Time(d["at"])}: {d["text"]}"))),
        ]);
    }

    public static string Audit(JsonObject report) => string.Join('\n',
    [
        $"{report["jobs"]} jobs{(Flag(report, "chain") ? $" and the chain ({report["forgotten"]} of them it may have forgotten)" : ", the chain was not asked")}",
        "",
        .. Items(report, "invariants").SelectMany(Line),
        .. (report["moving"] as JsonArray ?? []).Select(m => $"{m} moved all the while: run it again"),
        "",
        Flag(report, "holds") ? "no violation was found" : "VIOLATED: see above",
    ]);

    private static IEnumerable<string> Line(JsonObject line) =>
    [
        $"{Mark(line["verdict"]?.ToString())} {line["invariant"],-4} {line["says"]} ({line["checked"]} checked{(Number(line, "violations") is var n and > 0 ? $", {n} offences" : "")})",
        .. Items(line, "offending").Select(o => $"              {o["id"]}: {o["detail"]}"),
        .. line["notRecomputable"] is { } silent ? new[] { $"              not from here: {silent}" } : [],
    ];

    private static string Mark(string? verdict) => verdict switch
    {
        "Holds" => "holds   ",
        "Violated" => "VIOLATED",
        "NothingThere" => "nothing ",
        _ => "no check",
    };

    private static IEnumerable<JsonObject> Items(JsonObject of, string name) => (of[name] as JsonArray ?? []).OfType<JsonObject>();

    private static bool Flag(JsonObject of, string name) => of[name]?.GetValue<bool>() ?? false;

    private static long Number(JsonObject of, string name) => of[name]?.GetValue<long>() ?? 0;

    /// <summary>A type's last word: <c>urn:message:Hypernode.Contracts.Commands:LockEscrow</c> is LockEscrow.</summary>
    private static string Short(JsonNode? type) => type?.ToString() is { } text ? text[(text.LastIndexOfAny([':', '.']) + 1)..] : "-";

    private static string Time(JsonNode? node) => node switch
    {
        JsonValue value when value.TryGetValue<long>(out var ms) => DateTimeOffset.FromUnixTimeMilliseconds(ms).ToString("u", CultureInfo.InvariantCulture),
        JsonValue value when value.TryGetValue<DateTimeOffset>(out var at) => at.ToString("u", CultureInfo.InvariantCulture),
        _ => "-",
    };
}
