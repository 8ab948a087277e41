using System.Text.Json;
using System.Text.Json.Nodes;

namespace Hypernode.Cli.Jobs.Runs;

/// <summary>A run for programs: <c>index.json</c> in its folder, and the last line of <c>--json</c>.</summary>
internal static class RunIndex
{
    private const string Name = "index.json";
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>What a failed payment left is not mixed with what the next one leaves.</summary>
    public static string FolderOf(string folder, JobRun job) => Path.Combine(folder, "results", job.Earlier.Count == 0 ? job.Job.Id : $"{job.Job.Id}~{job.Earlier.Count + 1}");

    /// <summary>Beside its place first: half an index is none.</summary>
    public static void Write(string folder, RunState state)
    {
        var path = Path.Combine(folder, Name);
        File.WriteAllText(path + ".part", Of(folder, state).ToJsonString(Indented) + "\n");
        File.Move(path + ".part", path, overwrite: true);
    }

    public static JsonObject Of(string folder, RunState state) => new()
    {
        ["run"] = state.Plan.Run,
        ["folder"] = folder,
        ["payer"] = state.Plan.Payer,
        ["succeeded"] = state.Succeeded,
        ["cancelled"] = state.Cancelled,
        ["amount"] = state.Plan.Total.BaseUnits,
        ["charge"] = state.Jobs.Aggregate(0UL, (sum, j) => checked(sum + j.Charged.BaseUnits)),
        ["refund"] = state.Jobs.SelectMany(j => j.Earlier.Select(e => e.Ended).Append(j.Ended)).Aggregate(0UL, (sum, e) => checked(sum + (e?.Refund ?? 0))),
        ["jobs"] = new JsonArray([.. state.Jobs.Select(j => OfJob(folder, j))]),
    };

    public static JsonObject OfJob(string folder, JobRun job)
    {
        var files = (job.Ended?.Artifacts ?? []).Select(a => (JsonNode)new JsonObject { ["name"] = a.Name, ["sha256"] = a.Sha256.ToString(), ["bytes"] = a.Bytes });
        return new JsonObject
        {
            ["id"] = job.Job.Id,
            ["step"] = job.Job.Step,
            ["parameters"] = new JsonObject(job.Job.Parameters.Select(p => KeyValuePair.Create(p.Key, (JsonNode?)p.Value))),
            ["status"] = job.Stopped is not null ? "stopped" : job.Ended is { } e ? e.Succeeded ? "succeeded" : "failed" : job.Signed is null ? "waiting" : "running",
            ["reason"] = job.Stopped ?? job.Ended?.Problem,
            ["jobId"] = job.Signed?.JobId,
            ["intentId"] = job.Signed?.IntentId,
            ["state"] = job.Ended?.State ?? job.Live,
            ["outcome"] = job.Ended?.Outcome,
            ["amount"] = job.Amount.BaseUnits,
            ["charge"] = job.Ended?.Charge ?? 0,
            ["refund"] = job.Ended?.Refund ?? 0,
            ["folder"] = job.Ended is { Artifacts.Count: > 0 } ? Path.GetRelativePath(folder, FolderOf(folder, job)) : null,
            ["files"] = new JsonArray([.. files]),
            ["earlier"] = new JsonArray([.. job.Earlier.Select(e => (JsonNode)new JsonObject
            {
                ["jobId"] = e.JobId,
                ["state"] = e.Ended.State,
                ["outcome"] = e.Ended.Outcome,
                ["charge"] = e.Ended.Charge,
                ["refund"] = e.Ended.Refund,
            })]),
        };
    }
}
