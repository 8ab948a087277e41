using Hypernode.Contracts.Events;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Timers;
using MassTransit;

namespace Hypernode.Sagas;

// happy path: Submitted → IntentVerified → EscrowPending → Matching → Assigned → Executing → Executed → Verified → SettlementPending → Paid

/// <summary>
/// The life of a job, from a signed intent to exactly one of paid or refunded. Read it top to bottom: one paragraph a
/// state, in life order; in each paragraph every event is handled or ignored with its reason. What a transition does
/// stands by name in <see cref="JobSteps"/>; a transition writes its row and its effects and touches nothing else.
/// </summary>
public sealed class JobStateMachine : MassTransitStateMachine<JobState>
{
    private readonly WorkflowWindows _windows;

    public JobStateMachine(WorkflowWindows windows)
    {
        _windows = windows;
        InstanceState(x => x.CurrentState);
        BeforeEnterAny(enter => enter.Then(c => c.Saga.Entered.Add(c.Message.Name)));
        Correlate();

        // Stored by the intake; nothing was asked for yet.
        Initially(
            When(OnJobSubmitted)
                .Then(c => c.Saga.Remember(c.Message))
                .IfElse(
                    c => c.Saga.Cancelling,
                    cancelled => cancelled.Then(c => c.Saga.Reject("cancelled")).TransitionTo(Rejected),
                    wanted => wanted
                        .Then(c => c.Saga.ArmExpiry(windows))
                        .Then(c => c.Saga.AskToVerifyIntent(windows))
                        .TransitionTo(Submitted)),
            When(OnCancelRequested).Then(c => c.Saga.Cancelling = true)); // it overtook the submission

        During(Submitted, [
            When(OnIntentVerified)
                .TransitionTo(IntentVerified)
                .Then(c => c.Saga.AskToLock(windows))
                .TransitionTo(EscrowPending),
            When(OnIntentVerificationFailed).Then(c => c.Saga.Reject(c.Message.Code)).TransitionTo(Rejected),
            When(OnCancelRequested).Then(c => c.Saga.Reject("cancelled")).TransitionTo(Rejected), // nothing is locked yet
            When(OnStepOverdue, Armed).Then(c => c.Saga.AskToVerifyIntent(windows)),
            When(OnJobExpired, Expired).Then(c => c.Saga.Reject("expired")).TransitionTo(Rejected),
            .. Late("the same submission again", OnJobSubmitted),
            .. Late("no lock, match, attempt, settlement or refund was asked for", [.. LockAnswers, .. MatchAnswers, .. AttemptNews, .. SettlementAnswers, .. RefundAnswers, OnMatchDue, OnLeaseExpired])]);

        // Passed through in the same transaction: it stands in the history, no event meets it.
        During(IntentVerified, [.. Late("never rests here", EveryEvent)]);

        // A lock was asked for. Until its answer is known nothing is rejected, refunded or matched.
        During(EscrowPending, [
            When(OnEscrowLocked)
                .Then(c => c.Saga.EscrowAddress = c.Message.Escrow.ToString())
                .Then(c => c.Saga.Note(c.Message.Signature))
                .Then(c => c.Saga.Pending = null)
                .IfElse(
                    c => c.Saga.Cancelling,
                    cancelled => cancelled.Then(c => c.Saga.BeginRefund(RefundReason.Cancelled, windows)).TransitionTo(Refunding),
                    locked => locked.Then(c => c.Saga.BeginNextAttempt(windows)).TransitionTo(Matching)),
            When(OnEscrowLockFailed).Then(c => c.Saga.Reject(c.Message.Code)).TransitionTo(Rejected),
            When(OnEscrowLockUnknown).Then(c => c.Saga.Pending = c.Message.Pending ?? c.Saga.Pending),
            When(OnCancelRequested).Then(c => c.Saga.Cancelling = true), // refunded as soon as the lock's answer is known
            When(OnStepOverdue, Armed).Then(c => c.Saga.AskToLock(windows)),
            When(OnJobExpired, Expired).Then(c => c.Saga.Cancelling = true).Then(c => c.Saga.AskToLock(windows)),
            .. Late("answered before", [OnJobSubmitted, .. IntentAnswers]),
            .. Late("no match, attempt, settlement or refund was asked for", [.. MatchAnswers, .. AttemptNews, .. SettlementAnswers, .. RefundAnswers, OnMatchDue, OnLeaseExpired])]);

        // The tokens are locked; a node is looked for until one fits, the payer cancels, or settle_by is past.
        During(Matching, [
            When(OnNodeMatched, Current)
                .Then(c => c.Saga.TakeSlot(c.Message)) // the commit is refused when the slot is not free (I10)
                .Then(c => c.Saga.BeginAssignment(windows))
                .TransitionTo(Assigned),
            When(OnNodeMatchFailed, Current)
                .Then(c => c.Saga.Cause = c.Message.Reason)
                .Then(c => c.Saga.Disarm(TimerKind.Step))
                .Then(c => c.Saga.Arm(TimerKind.Match, TimeSpan.FromSeconds(windows.MatchRetrySeconds))),
            When(OnSlotTaken, Current).Then(c => c.Saga.AskToMatch(windows)),
            When(OnMatchDue, Armed).Then(c => c.Saga.AskToMatch(windows)),
            When(OnStepOverdue, Armed).Then(c => c.Saga.AskToMatch(windows)),
            When(OnCancelRequested).Then(c => c.Saga.BeginRefund(RefundReason.Cancelled, windows)).TransitionTo(Refunding),
            When(OnJobExpired, Expired).Then(c => c.Saga.BeginRefund(RefundReason.Expired, windows)).TransitionTo(Refunding),
            .. Late("answered before", [OnJobSubmitted, .. IntentAnswers, .. LockAnswers]),
            .. Late("of an attempt that was given up", [OnNodeAssigned, OnNodeAssignmentFailed, .. RunNews, OnLeaseExpired]),
            .. Late("no settlement or refund was asked for", [.. SettlementAnswers, .. RefundAnswers])]);

        // A node holds the lease; the chain is told who is paid, then the node is told to run.
        During(Assigned, [
            When(OnNodeAssigned, Current)
                .Then(c => c.Saga.Note(c.Message.Signature))
                .IfElse(
                    c => c.Saga.CanFinishInTime(windows),
                    inTime => inTime.Then(c => c.Saga.TellToExecute(windows)),
                    late => late.GiveToAnotherNode(this, windows, _ => "too late to finish before settle_by")),
            When(OnNodeAssignmentFailed, Current).GiveToAnotherNode(this, windows, c => c.Message.Code),
            When(OnJobStarted, Current)
                .Then(c => c.Saga.Disarm(TimerKind.Step))
                .Then(c => c.Saga.Arm(TimerKind.Lease, c.Saga.Spec!.RunLimit() + TimeSpan.FromSeconds(windows.StartPatienceSeconds)))
                .TransitionTo(Executing),
            When(OnJobExecuted, Current).VerifyResult(this, windows), // its start was overtaken
            When(OnJobDeclined, Current).GiveToAnotherNode(this, windows, c => c.Message.Reason),
            When(OnNodeSilent, Current).GiveToAnotherNode(this, windows, _ => null),
            When(OnLeaseExpired, Armed).GiveToAnotherNode(this, windows, _ => "did not start"),
            When(OnStepOverdue, Armed).Then(c => c.Saga.AskToAssign(windows)),
            When(OnCancelRequested).Then(c => c.Saga.BeginRefund(RefundReason.Cancelled, windows)).TransitionTo(Refunding),
            When(OnJobExpired, Expired).Then(c => c.Saga.BeginRefund(RefundReason.Expired, windows)).TransitionTo(Refunding),
            .. Late("answered before", [OnJobSubmitted, .. IntentAnswers, .. LockAnswers, OnNodeMatched, OnNodeMatchFailed, OnSlotTaken, OnMatchDue]),
            .. Late("nothing ran yet", OnResultVerified),
            .. Late("no settlement or refund was asked for", [.. SettlementAnswers, .. RefundAnswers])]);

        During(Executing, [
            When(OnJobExecuted, Running).VerifyResult(this, windows),
            When(OnJobDeclined, Running).GiveToAnotherNode(this, windows, c => c.Message.Reason),
            When(OnNodeSilent, Running).GiveToAnotherNode(this, windows, _ => null),
            When(OnLeaseExpired, Waiting).GiveToAnotherNode(this, windows, _ => "did not end in time"),
            When(OnCancelRequested)
                .If(c => !c.Saga.Cancelling, first => first
                    .Then(c => c.Saga.Cancelling = true)
                    .Then(c => c.Saga.Send(new Contracts.Commands.StopJob(c.Saga.JobId, c.Saga.Lease!.NodeId, c.Saga.Attempt, "cancelled")))
                    .Then(c => c.Saga.AskToVerifyResult(windows))), // what was delivered is metered
            When(OnResultVerified, Stopped).SettleResult(this, windows),
            When(OnStepOverdue, Armed).Then(c => c.Saga.AskToVerifyResult(windows)), // armed only while cancelling
            When(OnJobExpired, Expired).Then(c => c.Saga.BeginRefund(RefundReason.Expired, windows)).TransitionTo(Refunding),
            .. Late("answered before", [OnJobSubmitted, .. IntentAnswers, .. LockAnswers, .. MatchAnswers, OnJobStarted, OnMatchDue]),
            .. Late("no settlement or refund was asked for", [.. SettlementAnswers, .. RefundAnswers])]);

        // A receipt signed by the lease's node is here; the oracle judges it.
        During(Executed, [
            When(OnResultVerified, Judged)
                .IfElse(
                    c => c.Message.Verdict == Verdict.NodeFault,
                    fault => fault.GiveToAnotherNode(this, windows, c => c.Message.Detail),
                    sound => sound.SettleResult(this, windows)),
            When(OnStepOverdue, Armed).Then(c => c.Saga.AskToVerifyResult(windows)),
            When(OnJobExpired, Expired).Then(c => c.Saga.BeginRefund(RefundReason.Expired, windows)).TransitionTo(Refunding),
            .. Late("too late: the work is done", OnCancelRequested),
            .. Late("the attempt has ended", [OnJobStarted, OnJobDeclined, OnJobExecuted, OnNodeSilent, OnLeaseExpired]),
            .. Late("answered before", [OnJobSubmitted, .. IntentAnswers, .. LockAnswers, .. MatchAnswers, OnMatchDue]),
            .. Late("no settlement or refund was asked for", [.. SettlementAnswers, .. RefundAnswers])]);

        // Passed through in the same transaction: it stands in the history, no event meets it.
        During(Verified, [.. Late("never rests here", EveryEvent)]);

        // A settlement was asked for. Until the chain has answered nothing else moves money.
        During(SettlementPending, [
            When(OnPaymentSettled).Then(c => c.Saga.Settle(c.Message)).TransitionTo(Paid),
            When(OnPaymentSettlementUnknown).Then(c => c.Saga.Pending = c.Message.Pending ?? c.Saga.Pending),
            When(OnPaymentSettlementFailed)
                .Then(c => c.Saga.Cause = c.Message.Code)
                .IfElse(
                    c => c.Message.CanRetry,
                    again => again.Then(c => c.Saga.Pending = null), // the step timer asks again
                    never => never.Then(c => c.Saga.BeginRefund(RefundReason.Expired, windows)).TransitionTo(Refunding)),
            When(OnPaymentRefunded).Then(c => c.Saga.Return(c.Message)).TransitionTo(Refunded), // somebody refunded it after settle_by: the chain is the judge
            When(OnStepOverdue, Armed).Then(c => c.Saga.AskToSettle(windows)),
            When(OnJobExpired, Expired).Then(c => c.Saga.AskToSettle(windows)), // not assumed: the chain is asked
            .. Late("too late: the work is done", OnCancelRequested),
            .. Late("the attempt is judged", [.. RunNews, OnLeaseExpired]),
            .. Late("answered before", [OnJobSubmitted, .. IntentAnswers, .. LockAnswers, .. MatchAnswers, OnMatchDue]),
            .. Late("no refund was asked for", OnPaymentRefundFailed)]);

        // A refund can fail: it is asked for again until the chain says that it is done.
        During(Refunding, [
            When(OnPaymentRefunded).Then(c => c.Saga.Return(c.Message)).TransitionTo(Refunded),
            When(OnPaymentRefundFailed)
                .Then(c => c.Saga.Cause = c.Message.Code)
                .Then(c => c.Saga.Pending = c.Message.Pending),
            When(OnPaymentSettled).Then(c => c.Saga.Settle(c.Message)).TransitionTo(Paid), // a settlement that had no answer did land
            When(OnStepOverdue, Armed).Then(c => c.Saga.AskToRefund(windows)),
            .. Late("refunding already", [OnCancelRequested, OnJobExpired]),
            .. Late("nothing of the run counts any more", [.. MatchAnswers, .. RunNews, OnMatchDue, OnLeaseExpired]),
            .. Late("answered before", [OnJobSubmitted, .. IntentAnswers, .. LockAnswers, OnPaymentSettlementUnknown, OnPaymentSettlementFailed])]);

        // The ends absorb everything (I11), and stay: a late duplicate must meet them, not start a second job.
        During(Paid, [.. Late("paid", EveryEvent)]);
        During(Refunded, [.. Late("refunded", EveryEvent)]);
        During(Rejected, [.. Late("rejected", EveryEvent)]);
    }

    // ---- States
    public State Submitted { get; private set; } = null!;
    public State IntentVerified { get; private set; } = null!;
    public State EscrowPending { get; private set; } = null!;
    public State Matching { get; private set; } = null!;
    public State Assigned { get; private set; } = null!;
    public State Executing { get; private set; } = null!;
    public State Executed { get; private set; } = null!;
    public State Verified { get; private set; } = null!;
    public State SettlementPending { get; private set; } = null!;
    public State Paid { get; private set; } = null!;
    public State Refunding { get; private set; } = null!;
    public State Refunded { get; private set; } = null!;
    public State Rejected { get; private set; } = null!;

    // ---- Events
    public Event<JobSubmitted> OnJobSubmitted { get; private set; } = null!;
    public Event<IntentVerified> OnIntentVerified { get; private set; } = null!;
    public Event<IntentVerificationFailed> OnIntentVerificationFailed { get; private set; } = null!;
    public Event<EscrowLocked> OnEscrowLocked { get; private set; } = null!;
    public Event<EscrowLockFailed> OnEscrowLockFailed { get; private set; } = null!;
    public Event<EscrowLockUnknown> OnEscrowLockUnknown { get; private set; } = null!;
    public Event<NodeMatched> OnNodeMatched { get; private set; } = null!;
    public Event<NodeMatchFailed> OnNodeMatchFailed { get; private set; } = null!;
    public Event<SlotTaken> OnSlotTaken { get; private set; } = null!;
    public Event<NodeAssigned> OnNodeAssigned { get; private set; } = null!;
    public Event<NodeAssignmentFailed> OnNodeAssignmentFailed { get; private set; } = null!;
    public Event<JobStarted> OnJobStarted { get; private set; } = null!;
    public Event<JobDeclined> OnJobDeclined { get; private set; } = null!;
    public Event<JobExecuted> OnJobExecuted { get; private set; } = null!;
    public Event<NodeSilent> OnNodeSilent { get; private set; } = null!;
    public Event<ResultVerified> OnResultVerified { get; private set; } = null!;
    public Event<PaymentSettled> OnPaymentSettled { get; private set; } = null!;
    public Event<PaymentSettlementUnknown> OnPaymentSettlementUnknown { get; private set; } = null!;
    public Event<PaymentSettlementFailed> OnPaymentSettlementFailed { get; private set; } = null!;
    public Event<PaymentRefunded> OnPaymentRefunded { get; private set; } = null!;
    public Event<PaymentRefundFailed> OnPaymentRefundFailed { get; private set; } = null!;
    public Event<CancelRequested> OnCancelRequested { get; private set; } = null!;

    // ---- Timers
    public Event<StepOverdue> OnStepOverdue { get; private set; } = null!;
    public Event<MatchDue> OnMatchDue { get; private set; } = null!;
    public Event<LeaseExpired> OnLeaseExpired { get; private set; } = null!;
    public Event<JobExpired> OnJobExpired { get; private set; } = null!;

    // ---- Families of events, for the Late lines
    private Event[] IntentAnswers => [OnIntentVerified, OnIntentVerificationFailed];

    private Event[] LockAnswers => [OnEscrowLocked, OnEscrowLockFailed, OnEscrowLockUnknown];

    private Event[] MatchAnswers => [OnNodeMatched, OnNodeMatchFailed, OnSlotTaken, OnNodeAssigned, OnNodeAssignmentFailed];

    private Event[] RunNews => [OnJobStarted, OnJobDeclined, OnJobExecuted, OnNodeSilent, OnResultVerified];

    private Event[] AttemptNews => RunNews;

    private Event[] SettlementAnswers => [OnPaymentSettled, OnPaymentSettlementUnknown, OnPaymentSettlementFailed];

    private Event[] RefundAnswers => [OnPaymentRefunded, OnPaymentRefundFailed];

    private Event[] EveryEvent => [OnJobSubmitted, .. IntentAnswers, .. LockAnswers, .. MatchAnswers, .. RunNews, .. SettlementAnswers, .. RefundAnswers,
        OnCancelRequested, OnStepOverdue, OnMatchDue, OnLeaseExpired, OnJobExpired];

    // ---- Guards
    private static bool Current<T>(BehaviorContext<JobState, T> c)
        where T : class, IAttemptMessage => c.Message.Attempt == c.Saga.Attempt;

    /// <summary>The current attempt runs, and nobody has cancelled it.</summary>
    private static bool Running<T>(BehaviorContext<JobState, T> c)
        where T : class, IAttemptMessage => Current(c) && !c.Saga.Cancelling;

    /// <summary>I4: nobody has cancelled here, so nothing is metered.</summary>
    private static bool Judged(BehaviorContext<JobState, ResultVerified> c) => Current(c) && c.Message.Verdict != Verdict.Cancelled;

    private static bool Stopped(BehaviorContext<JobState, ResultVerified> c) =>
        Current(c) && c.Saga.Cancelling && c.Message.Verdict == Verdict.Cancelled;

    private static bool Armed<T>(BehaviorContext<JobState, T> c)
        where T : class, ITimeout => c.Saga.IsArmed(KindOf<T>(), c.Message.Epoch);

    private static bool Waiting(BehaviorContext<JobState, LeaseExpired> c) => Armed(c) && !c.Saga.Cancelling;

    /// <summary>I5: a pump whose host's clock is ahead fires early, and nothing is refunded on its word. The timer comes again.</summary>
    private bool Expired(BehaviorContext<JobState, JobExpired> c) => Armed(c) && c.Saga.Now >= _windows.ExpiresAt(c.Saga.SettleBy);

    private static TimerKind KindOf<T>() => typeof(T) switch
    {
        var t when t == typeof(StepOverdue) => TimerKind.Step,
        var t when t == typeof(MatchDue) => TimerKind.Match,
        var t when t == typeof(LeaseExpired) => TimerKind.Lease,
        _ => TimerKind.Expiry,
    };

    /// <summary>Ignored on purpose, with the reason why.</summary>
    private IEnumerable<EventActivities<JobState>> Late(string why, params Event[] events)
    {
        _ = why; // read by people
        return events.Select(e => (EventActivities<JobState>)Ignore(e));
    }

    private void Correlate()
    {
        Event(() => OnJobSubmitted, x => Job(x));
        Event(() => OnIntentVerified, x => Job(x));
        Event(() => OnIntentVerificationFailed, x => Job(x));
        Event(() => OnEscrowLocked, x => Job(x));
        Event(() => OnEscrowLockFailed, x => Job(x));
        Event(() => OnEscrowLockUnknown, x => Job(x));
        Event(() => OnNodeMatched, x => Job(x));
        Event(() => OnNodeMatchFailed, x => Job(x));
        Event(() => OnSlotTaken, x => Job(x));
        Event(() => OnNodeAssigned, x => Job(x));
        Event(() => OnNodeAssignmentFailed, x => Job(x));
        Event(() => OnJobStarted, x => Job(x));
        Event(() => OnJobDeclined, x => Job(x));
        Event(() => OnJobExecuted, x => Job(x));
        Event(() => OnNodeSilent, x => Job(x));
        Event(() => OnResultVerified, x => Job(x));
        Event(() => OnPaymentSettled, x => Job(x));
        Event(() => OnPaymentSettlementUnknown, x => Job(x));
        Event(() => OnPaymentSettlementFailed, x => Job(x));
        Event(() => OnPaymentRefunded, x => Job(x));
        Event(() => OnPaymentRefundFailed, x => Job(x));
        Event(() => OnCancelRequested, x => Job(x));
        Event(() => OnStepOverdue, x => Job(x));
        Event(() => OnMatchDue, x => Job(x));
        Event(() => OnLeaseExpired, x => Job(x));
        Event(() => OnJobExpired, x => Job(x));
    }

    private static void Job<T>(IEventCorrelationConfigurator<JobState, T> event_)
        where T : class, IJobMessage
    {
        event_.CorrelateById(m => m.Message.JobId.Value);
        event_.OnMissingInstance(m => m.Discard()); // the intake makes the row: a message about no job is nobody's
    }
}
