using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Events;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Text;
using Hypernode.Sagas.Engine;
using Hypernode.Sagas.Tests.Rig;

namespace Hypernode.Sagas.Tests.Engine;

/// <summary>Pure steps are taken inside the transition that asks for them.</summary>
public sealed class FusedStepTests : EngineTests
{
    [Fact]
    public void A_pure_step_is_one_commit_with_the_question_and_its_command_never_becomes_a_row()
    {
        var host = Rig.Host(new EngineOptions { Local = "VerifyIntent" }, new StepWorker<VerifyIntent>(c => new IntentVerified(c.JobId)).Hosted());

        host.Handle(Rig.Submission.Submitted());

        var commit = Rig.Commits.ShouldHaveSingleItem();
        commit.Job!.Entered.Select(e => e.State).ShouldBe(["Submitted", "IntentVerified", "EscrowPending"]);
        commit.Outbox.ShouldHaveSingleItem().Type.ShouldBe(typeof(LockEscrow).FullName);
        Rig.Storage.Query($"select state from job_transitions where job_id = '{Rig.Job}' order by version, step").ShouldBe(["Submitted", "IntentVerified", "EscrowPending"]);
    }

    [Fact]
    public void A_worker_that_does_not_know_now_leaves_its_command_as_an_ordinary_row_and_answers_it_later()
    {
        var stumbled = 0;
        var worker = new StepWorker<VerifyIntent>(c => ++stumbled <= 2 ? throw new IOException("no chain") : new IntentVerified(c.JobId));
        var host = Rig.Host(new EngineOptions { Local = "VerifyIntent" }, worker.Hosted());

        host.Handle(Rig.Submission.Submitted());

        Rig.State.ShouldBe(JobStateNames.Submitted);
        Rig.Storage.Outbox(Rig.Job).ShouldBe([typeof(VerifyIntent).FullName!]);
        Rig.Time.Pass(TimeSpan.FromSeconds(1)); // the worker's pause
        host.Turn();
        Rig.State.ShouldBe(JobStateNames.EscrowPending);
        Rig.Storage.Outbox(Rig.Job).ShouldBe([typeof(LockEscrow).FullName!]);
    }

    [Fact]
    public void A_step_that_is_here_but_not_named_as_pure_has_its_own_row_and_commit()
    {
        var host = Rig.Host(new EngineOptions { Local = "VerifyIntent", Fused = "" }, new StepWorker<VerifyIntent>(c => new IntentVerified(c.JobId)).Hosted());

        host.Handle(Rig.Submission.Submitted());

        Rig.Commits.Count().ShouldBe(2);
        Rig.State.ShouldBe(JobStateNames.EscrowPending);
        Rig.Storage.Outbox(Rig.Job).ShouldBe([typeof(LockEscrow).FullName!]); // the answer's commit took its command's row
    }

    [Fact]
    public void A_match_whose_slot_went_to_another_job_is_made_again_within_the_same_message()
    {
        var (taken, free) = (Rig.AnotherNode(), Rig.AnotherNode());
        var apart = Rig.Host(EngineRig.AllApart);
        var other = Rig.Accept();
        Matching(apart, other.Intent.JobId, other.Submitted());
        apart.Handle(Given.MatchOf(other.Intent.JobId, 1, taken));
        Matching(apart, Rig.Job, Rig.Submission.Submitted(), locked: false);
        var asked = 0;
        var matcher = new StepWorker<MatchJob>(c => Given.MatchOf(c.JobId, c.Attempt, ++asked == 1 ? taken : free));
        var host = Rig.Host(new EngineOptions { Local = "MatchJob" }, matcher.Hosted());
        Rig.Calls.Clear();

        host.Handle(new EscrowLocked(Rig.Job, "lock-sig", default));

        Rig.State.ShouldBe(JobStateNames.Assigned);
        asked.ShouldBe(2);
        Rig.Commits.Count().ShouldBe(2); // the first was refused, and wrote nothing
        Rig.Storage.Outbox(Rig.Job).ShouldBe([typeof(AssignNode).FullName!]);
        Rig.Storage.Query($"select node_id from leases where job_id = '{Rig.Job}'").ShouldBe([free.NodeId.ToString()]);
    }

    [Fact]
    public void A_transition_that_gave_a_slot_back_takes_no_other_one()
    {
        var (first, second) = (Rig.AnotherNode(), Rig.AnotherNode());
        var matcher = new StepWorker<MatchJob>(c => Given.MatchOf(c.JobId, c.Attempt, c.Excluded.Contains(first.NodeId) ? second : first));
        var host = Rig.Host(new EngineOptions { Local = "MatchJob" }, matcher.Hosted());
        Matching(host, Rig.Job, Rig.Submission.Submitted());
        Rig.State.ShouldBe(JobStateNames.Assigned);
        Rig.Calls.Clear();

        host.Handle(new JobDeclined(Rig.Job, 1, first.NodeId, "busy", ""));

        // One commit gives back and asks, the next one takes: each with the one lease change that a commit has.
        var changes = Rig.Commits.Select(c => (c.Job!.State, c.Lease!.Take, c.Lease.NodeId)).ToList();
        changes.ShouldBe([(JobStateNames.Matching, false, first.NodeId), (JobStateNames.Assigned, true, second.NodeId)]);
        Rig.Storage.Query($"select node_id from leases where job_id = '{Rig.Job}' and live").ShouldBe([second.NodeId.ToString()]);
    }

    [Fact]
    public void A_verdict_that_ends_an_attempt_in_the_receipt_s_commit_stands_in_the_history_beside_the_attempt_that_it_ends()
    {
        var judge = new StepWorker<VerifyResult>(c => Given.VerdictOf(c.JobId, c.Attempt, Verdict.NodeFault));
        var host = Rig.Host(new EngineOptions { Local = "VerifyResult" }, judge.Hosted());
        Rig.Reach(host, JobStateNames.Executing);
        Rig.Calls.Clear();

        host.Handle(new JobExecuted(Rig.Job, 1, Rig.NodeId, Hash256.Zero, 0));

        Rig.Commits.ShouldHaveSingleItem().Job!.Attempt.ShouldBe(2);
        Rig.Storage.Query($"select state || ' ' || attempt from job_transitions where job_id = '{Rig.Job}' order by version, step")
            .TakeLast(3).ShouldBe(["Executing 1", "Executed 1", "Matching 2"]);
    }

    [Fact]
    public void What_no_pure_worker_is_here_for_goes_to_its_queue()
    {
        var host = Rig.Host(new EngineOptions()); // everything would be taken here, if anything were hosted here

        host.Handle(Rig.Submission.Submitted());

        Rig.Broker.Published.ShouldHaveSingleItem().ShouldBeOfType<VerifyIntent>();
    }

    private static void Matching(EngineHost host, JobId job, JobSubmitted submitted, bool locked = true)
    {
        host.Handle(submitted);
        host.Handle(new IntentVerified(job));
        if (locked)
        {
            host.Handle(new EscrowLocked(job, "lock-sig", default));
        }
    }
}
