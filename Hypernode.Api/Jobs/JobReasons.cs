using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Timers;

namespace Hypernode.Api.Jobs;

/// <summary>The machine's states, timers and events in words: for a job's owner, and for who operates the market.</summary>
public static class JobReasons
{
    /// <summary>What would move it on; of one that has ended: how.</summary>
    /// <param name="matching">Null: the market was not looked at.</param>
    public static ReasonAnswer WaitingFor(JobView job, JobStanding stands, MatchingExplanation? matching) => job.State switch
    {
        JobStateNames.Initial or JobStateNames.Submitted or JobStateNames.IntentVerified =>
            new("intent-verification", "the signed intent is being verified"),
        JobStateNames.EscrowPending => new("escrow-lock", "the chain has not answered yet whether the payment is locked; until it has, nothing else is decided"),
        JobStateNames.Matching when matching is { Fitting: > 0 } => new("next-look", $"a node will be taken at the next look: {matching.Text}"),
        JobStateNames.Matching when matching is null => new("match", "a node is looked for"),
        JobStateNames.Matching => new("no-fitting-node", $"no node can take it now: {matching.Text}"),
        JobStateNames.Assigned => new("start", "a node has the job; the chain is told who is paid, and the node has to start it"),
        JobStateNames.Executing when stands.Cancelling => new("metering", "the payer has cancelled; what was delivered is being metered"),
        JobStateNames.Executing => new("receipt", "the node runs it, and has to report with a signed receipt"),
        JobStateNames.Executed or JobStateNames.Verified => new("verdict", "the oracle is judging the receipt"),
        JobStateNames.SettlementPending => new("settlement", "the chain has not answered yet whether the payment is settled; it is asked until it has"),
        JobStateNames.Refunding => new("refund", "the refund is asked for until the chain says that it is done"),
        JobStateNames.Paid => new("ended-paid", $"it has ended and is paid: {job.Outcome}"),
        JobStateNames.Refunded => new("ended-refunded", $"it has ended and everything went back to the payer: {job.Outcome}"),
        JobStateNames.Rejected => new("ended-rejected", $"it was refused before anything was locked: {job.Outcome}"),
        _ => new("unknown", "this version does not know the state"),
    };

    /// <summary>The soonest first; what is past has not been handled yet.</summary>
    public static IEnumerable<DeadlineAnswer> Deadlines(JobView job, JobStanding stands, WorkflowWindows windows)
    {
        if (JobStateNames.IsTerminal(job.State))
        {
            return [];
        }

        var timers = stands.Timers.Select(t => ToDeadline(t, job, windows));
        return (SilenceOf(job, stands, windows) is { } silence ? timers.Append(silence) : timers).OrderBy(d => d.At);
    }

    /// <summary>What decided a step of its history.</summary>
    public static DecisionAnswer Decision(JobTransition transition)
    {
        var parts = transition.Cause.Split(": ", 2);
        var (code, detail) = (parts[0], parts.Length == 2 ? parts[1] : null);
        var state = JobSummary.StateOf(transition.State);
        return new DecisionAnswer(
            state, code, detail, $"{TextOf(code)}{(detail is null ? "" : $" ({detail})")}", transition.Attempt, transition.At.ToUnixTimeMilliseconds());
    }

    private static DeadlineAnswer ToDeadline(ArmedTimer timer, JobView job, WorkflowWindows windows)
    {
        var (code, text) = timer.Kind switch
        {
            TimerKind.Step => ("ask-again", $"{QuestionOf(job.State)} is asked for again, until the answer is known"),
            TimerKind.Match => ("look-again", "a node is looked for again"),
            TimerKind.Lease when job.State == JobStateNames.Assigned => ("start-overdue", $"the node has not started: {LossOf(job, windows)}"),
            TimerKind.Lease => ("run-overdue", $"the node has not ended in time: {LossOf(job, windows)}"),
            _ when job.State is JobStateNames.SettlementPending => ("expiry", "settle_by and its grace are past: the chain is asked which way the payment went"),
            _ when job.State is JobStateNames.EscrowPending => ("expiry", "settle_by and its grace are past: the chain is asked for the lock, and what is locked goes back"),
            _ => ("expiry", "settle_by and its grace are past: everything goes back to the payer"),
        };
        return new DeadlineAnswer(code, timer.DueAt.ToUnixTimeMilliseconds(), text);
    }

    /// <summary>Not a timer: heartbeats never enter the saga, only their absence does.</summary>
    private static DeadlineAnswer? SilenceOf(JobView job, JobStanding stands, WorkflowWindows windows)
    {
        if (job.State != JobStateNames.Executing || stands.Leases.FirstOrDefault(l => l.Live) is not { FirstBeatAt: { } first, LastBeatAt: { } last })
        {
            return null;
        }

        var silent = last + windows.SilencePatience(last - first);
        return new DeadlineAnswer("silence", silent.ToUnixTimeMilliseconds(), $"no sign of life of the node until then: {LossOf(job, windows)}");
    }

    private static string LossOf(JobView job, WorkflowWindows windows) => job.Attempt < windows.MaxAttempts
        ? $"another node gets attempt {job.Attempt + 1} of {windows.MaxAttempts} if there is time for it, else everything goes back to the payer"
        : $"it was the last of {windows.MaxAttempts} attempts, and everything goes back to the payer";

    private static string QuestionOf(string state) => state switch
    {
        JobStateNames.EscrowPending => "the lock",
        JobStateNames.Matching => "a match",
        JobStateNames.Assigned => "the assignment on chain",
        JobStateNames.Executing or JobStateNames.Executed => "the verdict",
        JobStateNames.SettlementPending => "the settlement",
        JobStateNames.Refunding => "the refund",
        _ => "the intent's verification",
    };

    private static string TextOf(string cause) => cause switch
    {
        "Submitted" or "JobSubmitted" => "it was submitted with a signed intent",
        "IntentVerified" => "the intent is sound: signature, nonce, times and funds",
        "IntentVerificationFailed" => "the intent was refused",
        "EscrowLocked" => "the chain has locked the payment",
        "EscrowLockFailed" => "the chain refused the lock",
        "NodeMatched" => "a fitting node with a free slot was found, and the slot taken",
        "NodeAssignmentFailed" => "the chain refused the assignment",
        "JobStarted" => "the node said that the container runs",
        "JobExecuted" => "the node reported with a signed receipt",
        "JobDeclined" => "the node declined",
        "NodeSilent" => "the node gave no sign of life",
        "ResultVerified" => "the oracle judged the evidence",
        "PaymentSettled" => "the chain has settled the payment",
        "PaymentSettlementFailed" => "the chain refused the settlement",
        "PaymentRefunded" => "the chain has refunded the payment",
        "CancelRequested" => "the payer asked for its end",
        "LeaseExpired" => "the attempt had its time",
        "JobExpired" => "settle_by and its grace were past",
        _ => cause,
    };
}
