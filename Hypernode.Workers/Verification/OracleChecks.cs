using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;

namespace Hypernode.Workers.Verification;

/// <summary>One question that the oracle asks of the evidence.</summary>
/// <param name="Weight">Ten-thousandths of the score.</param>
/// <param name="IsGate">Must hold, whatever the score.</param>
/// <param name="ForgivesJobFault">A job that failed by its own fault may fail this one too.</param>
public sealed record OracleCheck(string Name, int Weight, bool IsGate, bool ForgivesJobFault, Func<Evidence, bool> Holds);

/// <summary>The six checks of the white paper (§6.2) as protocol.md reads them, and two gates of their own: the GPUs and the exit code.</summary>
public static class OracleChecks
{
    /// <summary>Verified: at least this score, and every gate.</summary>
    public const int Threshold = 8_000;

    public const string ExitCode = "exit_code";
    public const string ValidTiming = "valid_timing";

    /// <summary>A chunk may be overtaken by its receipt, and hosts' clocks differ a little; what it holds is fixed by the receipt's root.</summary>
    private static readonly TimeSpan Reordering = TimeSpan.FromSeconds(10);

    /// <summary>Beats come every 3 s, so the two ends of a run are seen with an error of a beat each, and some way.</summary>
    private static readonly TimeSpan BeatError = TimeSpan.FromSeconds(10);

    /// <summary>Nothing real is done in less.</summary>
    private static readonly TimeSpan Floor = TimeSpan.FromSeconds(1);

    public static IReadOnlyList<OracleCheck> All { get; } =
    [
        new("job_exists", 1_500, IsGate: false, ForgivesJobFault: false, JobExists),
        new("logs_exist", 2_000, IsGate: true, ForgivesJobFault: false, LogsExist),
        new("node_match", 1_500, IsGate: true, ForgivesJobFault: false, NodeMatch),
        new("completion_marker", 2_500, IsGate: false, ForgivesJobFault: true, CompletionMarker),
        new(ValidTiming, 1_500, IsGate: false, ForgivesJobFault: false, e => TimingAgrees(e) && TimingAboveFloor(e)),
        new("valid_hashes", 1_000, IsGate: true, ForgivesJobFault: false, ValidHashes),
        new("gpus_match", 0, IsGate: true, ForgivesJobFault: false, GpusMatch),
        new(ExitCode, 0, IsGate: true, ForgivesJobFault: true, e => e.Receipt is { ExitCode: 0, TimedOut: false, OutOfMemory: false }),
    ];

    /// <summary>Job, intent, spec and the payment on chain speak of the same thing.</summary>
    public static bool JobExists(Evidence e) =>
        e.Payment is { } payment
        && payment.IntentId == e.Job.Intent.IntentId
        && payment.JobId == e.Job.Id
        && payment.Payer == e.Job.Intent.Client
        && payment.Amount == e.Job.IntentSignature.Funded(e.Job.Intent.Amount)
        && (payment.Mint ?? e.Deployment.Mint) == (e.Job.IntentSignature.Deposit?.Mint ?? e.Deployment.Mint)
        && payment.SettleBy == e.Job.SettleBy
        && payment.Status == EscrowStatus.Pending
        && payment.Attempt == e.Lease.Attempt
        && payment.AssignedNode == e.Node.Authority
        && e.Job.Spec.Hash() == e.Job.SpecHash
        && e.Job.Intent.Nonce == IntentNonce.Compute(e.Deployment, e.Job.Intent.Client, e.Job.SpecHash, e.Job.SettleBy, e.Job.Salt);

    /// <summary>Chunks reached us while the run was on, and chain to the root and count that the receipt names.</summary>
    public static bool LogsExist(Evidence e) =>
        e.Log.Count > 0
        && e.Log.ChainHolds
        && e.Log.Count == e.Receipt.LogCount
        && e.Log.Root == e.Receipt.LogRoot
        && e.Log.FirstReceivedAt >= e.Lease.TakenAt - Reordering
        && e.Log.LastReceivedAt <= e.Stored.ReceivedAt + Reordering;

    /// <summary>The node that holds the current lease signed exactly this attempt (I3).</summary>
    public static bool NodeMatch(Evidence e) =>
        e.SignatureHolds
        && e.Receipt.NodeId == e.Lease.NodeId
        && e.Node.Id == e.Lease.NodeId
        && e.Receipt.JobId == e.Job.Id
        && e.Lease.JobId == e.Job.Id
        && e.Receipt.IntentId == e.Job.Intent.IntentId
        && e.Job.Attempt == e.Lease.Attempt
        && e.Receipt.Attempt == e.Lease.Attempt
        && e.Receipt.LeaseEpoch == e.Lease.Attempt; // an attempt has one lease: its epoch is the attempt

    /// <summary>The agent's sentinel; a receipt that carries none may show the white paper's words in the job's output instead.</summary>
    public static bool CompletionMarker(Evidence e)
    {
        var receipt = e.Receipt;
        return receipt.CompletionMarker.ToBytes().Any(b => b != 0)
            ? receipt.CompletionMarker == Receipt.MarkerOf(e.Lease.Challenge, receipt.JobId, receipt.Attempt, receipt.ExitCode)
            : CompletionWords.AreIn(e.Log.Tail());
    }

    /// <summary>
    /// No more is signed than our beats and its GPU time bear out, and the run was no longer than twice the estimate (or the run
    /// limit that the payer asked for, where that is more). Beats that go on after the signed end are no contradiction: the node
    /// collects outputs, or its last words wait for a broker, and <see cref="Billable(Evidence)"/> leaves that out (ADR 10).
    /// </summary>
    public static bool TimingAgrees(Evidence e)
    {
        var signed = SignedTime(e.Receipt);
        if (signed < TimeSpan.Zero || e.Lease.FirstBeatAt is null)
        {
            return false;
        }

        var estimate = TimeSpan.FromSeconds(2L * e.Job.Spec.EstimatedTime);
        var longest = e.Job.Spec.RunLimit() > estimate ? e.Job.Spec.RunLimit() : estimate;
        return signed - e.Delivered <= Tolerance(signed)
            && signed <= longest + BeatError
            && GpuTimeAgrees(e);
    }

    /// <summary>
    /// What is charged for: the less of what we saw of the run and what the node itself signed (a last beat that an outage
    /// held up, or that was held back on purpose, is not the payer's cost).
    /// </summary>
    public static TimeSpan Billable(Evidence e) => Billable(e.Lease, e.Receipt);

    /// <inheritdoc cref="Billable(Evidence)"/>
    /// <param name="receipt">Null: a cancelled run may have left none.</param>
    public static TimeSpan Billable(LeaseView lease, Receipt? receipt)
    {
        var seen = Evidence.DeliveredOn(lease);
        var least = receipt is not null && SignedTime(receipt) is var signed && signed < seen ? signed : seen;
        return least > TimeSpan.Zero ? least : TimeSpan.Zero;
    }

    public static bool TimingAboveFloor(Evidence e) => SignedTime(e.Receipt) >= Floor;

    /// <summary>What was run is what was ordered: challenge, spec, image, inputs; and the outputs are the ones that the root names.</summary>
    public static bool ValidHashes(Evidence e) =>
        e.Receipt.Challenge == e.Lease.Challenge
        && e.Receipt.SpecHash == e.Job.SpecHash
        && DigestOf(e.Receipt.ImageDigest) == DigestOf(e.Job.Spec.Image)
        && e.Receipt.InputRoot == Receipt.RootOf(e.Job.Spec.Inputs ?? [])
        && e.Receipt.ArtifactRoot == Receipt.RootOf(e.Receipt.Artifacts);

    /// <summary>
    /// It ran on the GPUs that its lease gave it, each once, for as long as the run was. The lease is asked, not the offer: a node may
    /// register other GPUs while the job runs, and that is no lie.
    /// </summary>
    public static bool GpusMatch(Evidence e)
    {
        var (receipt, gpus) = (e.Receipt, Math.Max(0, e.Job.Spec.Limits.Gpus));
        var ran = receipt.GpuUuids.ToHashSet(StringComparer.Ordinal);
        return receipt.GpuUuids.Count == gpus
            && ran.Count == gpus
            && ran.SetEquals(e.LeasedGpus ?? [])
            && (gpus > 0 ? receipt.PeakVramMb >= 0 : receipt.PeakVramMb == 0)
            && GpuTimeAgrees(e);
    }

    /// <summary>GPUs are held whole, from the run's start to its end.</summary>
    private static bool GpuTimeAgrees(Evidence e)
    {
        var gpus = Math.Max(0, e.Job.Spec.Limits.Gpus);
        var expected = gpus * Math.Max(0, SignedTime(e.Receipt).TotalMilliseconds);
        return e.Receipt.GpuMilliseconds >= 0 && Math.Abs(e.Receipt.GpuMilliseconds - expected) <= gpus * BeatError.TotalMilliseconds;
    }

    private static TimeSpan Tolerance(TimeSpan signed) => BeatError + (signed * 0.1);

    /// <summary>Saturating: the two times are a stranger's numbers.</summary>
    private static TimeSpan SignedTime(Receipt receipt) =>
        TimeSpan.FromMilliseconds((double)((Int128)receipt.EndedAt - receipt.StartedAt is var ms && ms > 0
            ? Int128.Min(ms, (Int128)TimeSpan.FromDays(365).TotalMilliseconds)
            : Int128.Max(ms, -1)));

    /// <summary><c>sha256:…</c> of <c>name@sha256:…</c>: the name is only where it comes from.</summary>
    private static string DigestOf(string image) => image[(image.LastIndexOf('@') + 1)..];
}
