using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Events;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Timers;

namespace Hypernode.Sagas;

/// <summary>
/// What the machine's transitions do, by name. Each asks one question of the world (a command, with the timer that asks
/// again) or ends an attempt. Pure: everything lands in the instance's effect lists.
/// </summary>
internal static class JobSteps
{
    public static void Remember(this JobState job, JobSubmitted submitted)
    {
        job.Intent = submitted.Intent;
        job.IntentSignature = submitted.Signature;
        job.Spec = submitted.Spec;
        job.SpecHash = submitted.SpecHash;
        job.SettleBy = submitted.SettleBy;
        job.Salt = submitted.Salt;
    }

    /// <summary>After settle_by and its grace anybody may refund: so do we.</summary>
    public static void ArmExpiry(this JobState job, WorkflowWindows windows) => job.Arm(TimerKind.Expiry, windows.ExpiresAt(job.SettleBy));

    public static void AskToVerifyIntent(this JobState job, WorkflowWindows windows) => job.Ask(windows, new VerifyIntent(
        job.JobId, job.Intent!, job.IntentSignature, job.SpecHash, job.SettleBy, job.Salt));

    public static void AskToLock(this JobState job, WorkflowWindows windows) => job.Ask(windows, new LockEscrow(
        job.JobId, job.Intent!, job.IntentSignature, job.SpecHash, job.SettleBy, job.Salt, job.Pending));

    public static void AskToMatch(this JobState job, WorkflowWindows windows)
    {
        job.Disarm(TimerKind.Match);
        job.Ask(windows, new MatchJob(job.JobId, job.Attempt, job.Spec!, job.Intent!.Amount, job.SettleBy, job.Tried.ToList()));
    }

    public static void AskToAssign(this JobState job, WorkflowWindows windows) => job.Ask(windows, new AssignNode(
        job.JobId, job.Intent!.IntentId, job.Attempt, job.Lease!.NodeId, job.Lease.Authority));

    /// <summary>A chain that does not answer must not hold a node's slot until settle_by.</summary>
    public static void BeginAssignment(this JobState job, WorkflowWindows windows)
    {
        job.Disarm(TimerKind.Match);
        job.AskToAssign(windows);
        job.Arm(TimerKind.Lease, TimeSpan.FromSeconds(windows.StartPatienceSeconds + (4L * windows.StepSeconds)));
    }

    /// <summary>No lease when now + run limit + verification would pass settle_by (protocol B7).</summary>
    public static bool CanFinishInTime(this JobState job, WorkflowWindows windows) =>
        job.Now <= windows.LastLeaseAt(job.SettleBy, job.Spec!.RunLimit());

    public static void TellToExecute(this JobState job, WorkflowWindows windows)
    {
        var patience = TimeSpan.FromSeconds(windows.StartPatienceSeconds);
        job.Send(new ExecuteJob(
            job.JobId,
            job.Intent!.IntentId,
            job.Lease!.NodeId,
            job.Attempt,
            LeaseEpoch: job.Attempt,
            job.Lease.Slot,
            job.Spec!,
            job.SpecHash,
            job.Lease.Challenge,
            (long)job.Spec!.RunLimit().TotalMilliseconds,
            (job.Now + patience).ToUnixTimeMilliseconds(),
            job.Lease.GpuUuids));
        job.Disarm(TimerKind.Step);
        job.Arm(TimerKind.Lease, patience);
    }

    public static void AskToVerifyResult(this JobState job, WorkflowWindows windows) =>
        job.Ask(windows, new VerifyResult(job.JobId, job.Attempt, job.Cancelling, job.Lease?.GpuUuids));

    public static void AskToSettle(this JobState job, WorkflowWindows windows)
    {
        var result = job.Result!;
        job.Ask(windows, new SettlePayment(
            job.JobId,
            job.Intent!.IntentId,
            job.Attempt,
            job.Lease!.NodeId,
            job.Lease.Authority,
            result.Verdict,
            result.Charge,
            result.ExecutionHash,
            result.LogsHash,
            job.Pending));
    }

    public static void AskToRefund(this JobState job, WorkflowWindows windows) => job.Ask(windows, new RefundPayment(
        job.JobId, job.Intent!.IntentId, job.Attempt, job.RefundReason!.Value, job.Pending));

    /// <summary>Everything goes back: the run, if there is one, is of no more use.</summary>
    public static void BeginRefund(this JobState job, RefundReason reason, WorkflowWindows windows)
    {
        job.RefundReason = reason;
        job.Pending = null;
        job.EndAttempt("refunded");
        job.DisarmAll();
        job.AskToRefund(windows);
    }

    /// <summary>The node lost the job: it is told to stop, and does not get this job again.</summary>
    public static void EndAttempt(this JobState job, string reason)
    {
        if (job.Lease is not { } lease)
        {
            return;
        }

        job.Send(new StopJob(job.JobId, lease.NodeId, lease.Attempt, reason));
        job.ReleaseSlot();
        job.Tried.Add(lease.NodeId);
        job.Lease = null;
    }

    public static bool CanTryAgain(this JobState job, WorkflowWindows windows) =>
        job.Attempt < windows.MaxAttempts && job.CanFinishInTime(windows);

    public static void BeginNextAttempt(this JobState job, WorkflowWindows windows)
    {
        job.Disarm(TimerKind.Lease);
        job.Attempt++;
        job.Result = null;
        job.AskToMatch(windows);
    }

    public static void Settle(this JobState job, PaymentSettled settled)
    {
        job.Note(settled.Signature);
        job.Settlement = new(settled.Charge, settled.NodeShare, settled.ProtocolFee, settled.PlatformFee, settled.Refund);
        // The chain can say that it is settled when no verdict of ours led there: then that is all we know.
        job.Outcome = job.Result?.Verdict.ToString() ?? "Settled";
        job.Pending = null;
        job.DisarmAll();
    }

    public static void Return(this JobState job, PaymentRefunded refunded)
    {
        job.Note(refunded.Signature);
        var none = Contracts.Money.HyperAmount.Zero;
        job.Settlement = new(none, none, none, none, refunded.Amount);
        job.Outcome = job.RefundReason?.ToString() ?? nameof(RefundReason.Expired);
        job.Pending = null;
        job.EndAttempt("refunded");
        job.DisarmAll();
    }

    public static void Reject(this JobState job, string code)
    {
        job.Cause = code;
        job.Outcome = code;
        job.Pending = null;
        job.DisarmAll();
    }

    private static void Ask(this JobState job, WorkflowWindows windows, object command)
    {
        job.Send(command);
        job.Arm(TimerKind.Step, TimeSpan.FromSeconds(windows.StepSeconds));
    }
}
