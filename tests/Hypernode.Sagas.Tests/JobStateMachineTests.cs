using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Events;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Text;
using Hypernode.Contracts.Timers;

namespace Hypernode.Sagas.Tests;

public sealed class JobStateMachineTests
{
    [Fact]
    public async Task A_job_goes_from_a_signed_intent_to_paid()
    {
        await using var world = await SagaWorld.StartAsync();

        await world.ReachAsync(JobStateNames.Paid);

        world.Journal.Commits.SelectMany(c => c.Job?.Entered ?? []).Select(e => e.State).ShouldBe([
            "Submitted", "IntentVerified", "EscrowPending", "Matching", "Assigned", "Executing", "Executed", "Verified", "SettlementPending", "Paid"]);
        world.Saga.Outcome.ShouldBe("Succeeded");
        world.Saga.Armed.ShouldBeEmpty();
        world.Saga.Settlement!.Refund.ShouldBe(new HyperAmount(30));
        world.Saga.Signatures.ShouldBe(["lock-sig", "assign-sig", "paid-sig"]);
    }

    [Fact]
    public async Task Every_state_that_rests_has_a_timer_until_the_job_has_ended()
    {
        await using var world = await SagaWorld.StartAsync();
        string[] resting = ["Submitted", "EscrowPending", "Matching", "Assigned", "Executing", "Executed", "SettlementPending"];
        foreach (var state in resting)
        {
            await world.ReachAsync(state);
            world.Saga.Armed.ShouldContainKey(TimerKind.Expiry);
            world.Saga.Armed.Count.ShouldBeGreaterThan(1, state);
        }
    }

    [Fact]
    public async Task An_intent_that_does_not_hold_is_rejected_and_nothing_is_locked()
    {
        await using var world = await SagaWorld.StartAsync();
        await world.ReachAsync(JobStateNames.Submitted);

        await world.RaiseAsync(new IntentVerificationFailed(world.Job, "balance-too-small", ""));

        world.State.ShouldBe(JobStateNames.Rejected);
        world.Saga.Outcome.ShouldBe("balance-too-small");
        world.Journal.Sent.OfType<LockEscrow>().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_lock_without_an_answer_is_asked_for_with_its_signature_until_it_is_known()
    {
        await using var world = await SagaWorld.StartAsync();
        await world.ReachAsync(JobStateNames.EscrowPending);
        var pending = new PendingTransaction("sent", 42);

        await world.RaiseAsync(new EscrowLockUnknown(world.Job, pending, "timeout"));
        world.State.ShouldBe(JobStateNames.EscrowPending);
        await world.RaiseAsync(world.Due(TimerKind.Step));

        world.Sent<LockEscrow>().Pending.ShouldBe(pending);
    }

    [Fact]
    public async Task A_cancellation_while_the_lock_is_unknown_waits_for_the_answer_and_then_refunds()
    {
        await using var world = await SagaWorld.StartAsync();
        await world.ReachAsync(JobStateNames.EscrowPending);

        await world.RaiseAsync(new CancelRequested(world.Job));
        world.State.ShouldBe(JobStateNames.EscrowPending);
        await world.RaiseAsync(new EscrowLocked(world.Job, "s", default));

        world.State.ShouldBe(JobStateNames.Refunding);
        world.Sent<RefundPayment>().Reason.ShouldBe(RefundReason.Cancelled);
    }

    [Theory]
    [InlineData("Matching")]
    [InlineData("Assigned")]
    public async Task A_cancellation_before_the_run_refunds_everything(string state)
    {
        await using var world = await SagaWorld.StartAsync();
        await world.ReachAsync(state);

        await world.RaiseAsync(new CancelRequested(world.Job));
        world.State.ShouldBe(JobStateNames.Refunding);
        await world.RaiseAsync(new PaymentRefunded(world.Job, "back", new HyperAmount(100)));

        world.State.ShouldBe(JobStateNames.Refunded);
        world.Saga.Settlement!.Refund.ShouldBe(new HyperAmount(100));
        world.Saga.Outcome.ShouldBe("Cancelled");
    }

    [Fact]
    public async Task Cancelling_a_running_job_stops_it_and_pays_what_was_delivered()
    {
        await using var world = await SagaWorld.StartAsync();
        await world.ReachAsync(JobStateNames.Executing);

        await world.RaiseAsync(new CancelRequested(world.Job));
        world.Sent<StopJob>().Attempt.ShouldBe(1);
        world.Sent<VerifyResult>().Cancelled.ShouldBeTrue();
        await world.RaiseAsync(world.Verdict(Verdict.Cancelled));
        world.State.ShouldBe(JobStateNames.SettlementPending);
        await world.RaiseAsync(world.Settled());

        world.State.ShouldBe(JobStateNames.Paid);
        world.Saga.Outcome.ShouldBe("Cancelled");
    }

    [Fact]
    public async Task A_cancellation_after_the_work_is_done_changes_nothing()
    {
        await using var world = await SagaWorld.StartAsync();
        await world.ReachAsync(JobStateNames.Executed);

        await world.RaiseAsync(new CancelRequested(world.Job));

        world.State.ShouldBe(JobStateNames.Executed);
    }

    [Fact]
    public async Task A_silent_node_loses_the_job_to_another_and_its_late_result_is_refused()
    {
        await using var world = await SagaWorld.StartAsync();
        await world.ReachAsync(JobStateNames.Executing);

        await world.RaiseAsync(new NodeSilent(world.Job, 1, world.Node));
        world.State.ShouldBe(JobStateNames.Matching);
        var match = world.Sent<MatchJob>();
        match.Attempt.ShouldBe(2);
        match.Excluded.ShouldBe([world.Node]);
        world.Journal.Commits[^1].Lease!.Take.ShouldBeFalse();
        world.Sent<StopJob>().Attempt.ShouldBe(1);

        await world.RaiseAsync(new JobExecuted(world.Job, 1, world.Node, Hash256.Zero, 0));
        world.State.ShouldBe(JobStateNames.Matching);

        await world.RaiseAsync(world.Matched(2, new NodeId(Guid.NewGuid())));
        world.State.ShouldBe(JobStateNames.Assigned);
        await world.RaiseAsync(world.Verdict(Verdict.Succeeded, attempt: 1));
        world.State.ShouldBe(JobStateNames.Assigned);
    }

    [Fact]
    public async Task Attempts_that_are_used_up_refund_everything()
    {
        await using var world = await SagaWorld.StartAsync(new WorkflowWindows { MaxAttempts = 1 });
        await world.ReachAsync(JobStateNames.Executed);

        await world.RaiseAsync(world.Verdict(Verdict.NodeFault));

        world.State.ShouldBe(JobStateNames.Refunding);
        world.Sent<RefundPayment>().Reason.ShouldBe(RefundReason.AttemptsUsedUp);
        world.Journal.Sent.OfType<SettlePayment>().ShouldBeEmpty();
    }

    [Fact]
    public async Task No_further_attempt_begins_when_it_could_not_settle_in_time()
    {
        await using var world = await SagaWorld.StartAsync();
        await world.ReachAsync(JobStateNames.Executing);

        world.Pass(TimeSpan.FromHours(2));
        await world.RaiseAsync(new NodeSilent(world.Job, 1, world.Node));

        world.State.ShouldBe(JobStateNames.Refunding);
    }

    [Fact]
    public async Task A_settlement_without_an_answer_is_asked_for_and_never_guessed()
    {
        await using var world = await SagaWorld.StartAsync();
        await world.ReachAsync(JobStateNames.SettlementPending);
        var pending = new PendingTransaction("sent", 7);

        await world.RaiseAsync(new PaymentSettlementUnknown(world.Job, pending, ""));
        world.Pass(TimeSpan.FromHours(3));
        await world.RaiseAsync(world.Due(TimerKind.Expiry));
        world.State.ShouldBe(JobStateNames.SettlementPending);
        world.Sent<SettlePayment>().Pending.ShouldBe(pending);
        world.Journal.Sent.OfType<RefundPayment>().ShouldBeEmpty();

        await world.RaiseAsync(new PaymentSettlementFailed(world.Job, "PaymentExpired", "", CanRetry: false));
        world.State.ShouldBe(JobStateNames.Refunding);
        await world.RaiseAsync(world.Settled());
        world.State.ShouldBe(JobStateNames.Paid);
    }

    [Fact]
    public async Task An_expiry_that_comes_early_refunds_nothing()
    {
        await using var world = await SagaWorld.StartAsync();
        await world.ReachAsync(JobStateNames.Matching);
        world.Pass(TimeSpan.FromHours(2)); // settle_by, and not yet its grace: the pump's clock is ahead
        await world.RaiseAsync(world.Due(TimerKind.Expiry));
        world.State.ShouldBe(JobStateNames.Matching);

        world.Pass(TimeSpan.FromMinutes(1));
        await world.RaiseAsync(world.Due(TimerKind.Expiry));
        world.State.ShouldBe(JobStateNames.Refunding);
    }

    [Fact]
    public async Task A_refund_that_fails_is_asked_for_again()
    {
        await using var world = await SagaWorld.StartAsync();
        await world.ReachAsync(JobStateNames.Matching);
        world.Pass(TimeSpan.FromHours(3));
        await world.RaiseAsync(world.Due(TimerKind.Expiry));
        world.Sent<RefundPayment>().Reason.ShouldBe(RefundReason.Expired);

        await world.RaiseAsync(new PaymentRefundFailed(world.Job, null, "fee-payer-empty", ""));
        world.State.ShouldBe(JobStateNames.Refunding);
        await world.RaiseAsync(world.Due(TimerKind.Step));

        world.Journal.Sent.OfType<RefundPayment>().Count().ShouldBe(2);
    }

    [Fact]
    public async Task A_timer_of_an_old_epoch_is_dropped()
    {
        await using var world = await SagaWorld.StartAsync();
        await world.ReachAsync(JobStateNames.Matching);
        var old = world.Due(TimerKind.Step);
        await world.RaiseAsync(new NodeMatchFailed(world.Job, 1, "none"));
        var asked = world.Journal.Sent.OfType<MatchJob>().Count();

        await world.RaiseAsync(old);
        world.Journal.Sent.OfType<MatchJob>().Count().ShouldBe(asked);
        await world.RaiseAsync(world.Due(TimerKind.Match));
        world.Journal.Sent.OfType<MatchJob>().Count().ShouldBe(asked + 1);
    }

    [Theory]
    [InlineData("Paid")]
    public async Task An_end_absorbs_every_event(string end)
    {
        await using var world = await SagaWorld.StartAsync();
        await world.ReachAsync(end);
        var row = world.Journal.Row(world.Job);
        object[] late =
        [
            world.Submitted(), new IntentVerified(world.Job), new EscrowLocked(world.Job, "x", default), world.Matched(), new NodeAssigned(world.Job, 1, "x"),
            new JobStarted(world.Job, 1, world.Node), new JobExecuted(world.Job, 1, world.Node, Hash256.Zero, 0), world.Verdict(Verdict.Succeeded),
            world.Settled(), new PaymentRefunded(world.Job, "x", new HyperAmount(1)), new CancelRequested(world.Job), new NodeSilent(world.Job, 1, world.Node),
            new JobExpired(world.Job, 1), new StepOverdue(world.Job, 1),
        ];
        foreach (var message in late)
        {
            await world.RaiseAsync(message);
        }

        world.Journal.Row(world.Job).ShouldBe(row);
    }

    [Fact]
    public async Task A_cancellation_that_overtakes_the_submission_rejects_it()
    {
        await using var world = await SagaWorld.StartAsync();

        await world.RaiseAsync(new CancelRequested(world.Job));
        world.State.ShouldBe(JobStateNames.Initial);
        await world.RaiseAsync(world.Submitted());

        world.State.ShouldBe(JobStateNames.Rejected);
        world.Journal.Sent.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_chain_that_never_answers_an_assignment_does_not_hold_the_slot_for_ever()
    {
        await using var world = await SagaWorld.StartAsync();
        await world.ReachAsync(JobStateNames.Matching);
        await world.RaiseAsync(world.Matched());

        await world.RaiseAsync(world.Due(TimerKind.Lease));

        world.State.ShouldBe(JobStateNames.Matching);
        world.Journal.Commits[^1].Lease!.Take.ShouldBeFalse();
    }

    [Fact]
    public async Task An_assignment_that_came_too_late_runs_nothing()
    {
        await using var world = await SagaWorld.StartAsync();
        await world.ReachAsync(JobStateNames.Matching);
        await world.RaiseAsync(world.Matched());

        world.Pass(TimeSpan.FromHours(2));
        await world.RaiseAsync(new NodeAssigned(world.Job, 1, "s"));

        world.State.ShouldBe(JobStateNames.Refunding);
        world.Journal.Sent.OfType<ExecuteJob>().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_timer_that_was_handled_is_armed_anew_or_gone()
    {
        await using var world = await SagaWorld.StartAsync();
        await world.ReachAsync(JobStateNames.Matching);
        await world.RaiseAsync(new NodeMatchFailed(world.Job, 1, "none"));
        var match = world.Due(TimerKind.Match);

        await world.RaiseAsync(match);

        world.Saga.Armed.ShouldNotContainKey(TimerKind.Match);
        world.Journal.Commits[^1].Timers.ShouldContain(t => t.Kind == TimerKind.Match && t.DueAt == null);
    }

    [Fact]
    public async Task A_settlement_whose_verdict_is_not_ours_is_not_called_a_success()
    {
        await using var world = await SagaWorld.StartAsync(new WorkflowWindows { MaxAttempts = 1 });
        await world.ReachAsync(JobStateNames.Executed);
        await world.RaiseAsync(world.Verdict(Verdict.NodeFault));

        await world.RaiseAsync(world.Settled());

        world.State.ShouldBe(JobStateNames.Paid);
        world.Saga.Outcome.ShouldBe("Settled");
    }
}
