using System.Text.Json;
using Hypernode.Cli.Client;

namespace Hypernode.Cli.Demo;

/// <summary>What <c>--json</c> prints, on one line. Sums are base units, times ms since the epoch; nothing is ever null.</summary>
/// <param name="NodeId">Empty when no node ever had the job.</param>
/// <param name="Signatures">Transactions on chain, in order.</param>
/// <param name="DurationMs">From the first state to the last.</param>
/// <param name="Outcome">How it ended within its state, such as <c>Succeeded</c> or <c>JobFault</c>.</param>
public sealed record DemoReport(
    string JobId,
    string State,
    int Attempt,
    string NodeId,
    ulong Amount,
    ulong Charge,
    ulong NodeShare,
    ulong ProtocolFee,
    ulong PlatformFee,
    ulong Refund,
    IReadOnlyList<string> Signatures,
    IReadOnlyList<ReportedTransition> Transitions,
    long DurationMs,
    string Outcome)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public static DemoReport Of(JobAnswer job) => new(
        job.JobId,
        job.State,
        job.Attempt,
        job.NodeId ?? "",
        job.Amount,
        job.Charge,
        job.NodeShare,
        job.ProtocolFee,
        job.PlatformFee,
        job.Refund,
        job.Signatures,
        [.. job.Transitions.Select(t => new ReportedTransition(t.State, t.At, t.Cause))],
        job.Transitions.Count == 0 ? 0 : job.Transitions[^1].At - job.Transitions[0].At,
        job.Outcome ?? "");

    /// <summary>A submission that was refused: nothing was stored, so no sum is anything but 0.</summary>
    public static DemoReport OfRefusal(string jobId, RefusedException refusal, long atMs) => new(
        jobId, Contracts.Jobs.JobStateNames.Rejected, 0, "", 0, 0, 0, 0, 0, 0, [],
        [new(Contracts.Jobs.JobStateNames.Rejected, atMs, $"{refusal.Status} {Code(refusal)}")], 0, Code(refusal));

    public string ToJson() => JsonSerializer.Serialize(this, Json);

    private static string Code(RefusedException refusal) => refusal.Problem?.Errors is [var first, ..] ? first.Code : "refused";
}

/// <param name="At">ms since the epoch.</param>
public sealed record ReportedTransition(string State, long At, string Cause);
