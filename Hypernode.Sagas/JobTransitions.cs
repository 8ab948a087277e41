using Hypernode.Contracts.Events;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Timers;
using MassTransit;

namespace Hypernode.Sagas;

/// <summary>Ends of paragraphs that several states share.</summary>
internal static class JobTransitions
{
    /// <summary>Matching again as the next attempt, without this node; when attempts or time are used up: everything back.</summary>
    public static EventActivityBinder<JobState, T> GiveToAnotherNode<T>(
        this EventActivityBinder<JobState, T> when, JobStateMachine machine, WorkflowWindows windows, Func<BehaviorContext<JobState, T>, string?> why)
        where T : class => when
        .Then(c => c.Saga.Cause = why(c))
        .Then(c => c.Saga.EndAttempt("given to another node"))
        .IfElse(
            c => c.Saga.CanTryAgain(windows),
            again => again.Then(c => c.Saga.BeginNextAttempt(windows)).TransitionTo(machine.Matching),
            never => never.Then(c => c.Saga.BeginRefund(RefundReason.AttemptsUsedUp, windows)).TransitionTo(machine.Refunding));

    public static EventActivityBinder<JobState, JobExecuted> VerifyResult(
        this EventActivityBinder<JobState, JobExecuted> when, JobStateMachine machine, WorkflowWindows windows) => when
        .Then(c => c.Saga.Disarm(TimerKind.Lease))
        .Then(c => c.Saga.AskToVerifyResult(windows))
        .TransitionTo(machine.Executed);

    /// <summary>I4: only a verdict of this attempt, or its metered cancellation, comes here.</summary>
    public static EventActivityBinder<JobState, ResultVerified> SettleResult(
        this EventActivityBinder<JobState, ResultVerified> when, JobStateMachine machine, WorkflowWindows windows) => when
        .Then(c => c.Saga.Result = c.Message)
        .Then(c => c.Saga.Cause = c.Message.Verdict.ToString())
        .Then(c => c.Saga.Disarm(TimerKind.Lease))
        .Then(c => c.Saga.ReleaseSlot())
        .TransitionTo(machine.Verified)
        .Then(c => c.Saga.AskToSettle(windows))
        .TransitionTo(machine.SettlementPending);
}
