using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Events;
using Hypernode.Contracts.Jobs;
using Hypernode.Sagas.Engine;
using Hypernode.Sagas.Tests.Rig;

namespace Hypernode.Sagas.Tests.Engine;

/// <summary>What a host remembers of a job may be old (F16): another host has moved it meanwhile.</summary>
public sealed class StaleCacheTests : EngineTests
{
    [Fact]
    public void A_message_that_a_remembered_job_would_ignore_is_judged_by_the_stored_one()
    {
        var (one, other) = (Rig.Host(EngineRig.AllApart), Rig.Host(EngineRig.AllApart));
        Rig.Reach(one, JobStateNames.EscrowPending);
        other.Handle(new EscrowLocked(Rig.Job, "lock-sig", default));

        one.Handle(Given.MatchOf(Rig.Job, 1, Rig.Node)); // in EscrowPending it would be "no match was asked for"

        Rig.State.ShouldBe(JobStateNames.Assigned);
    }

    [Fact]
    public void A_transition_that_was_decided_on_an_old_row_is_refused_and_decided_again()
    {
        var (one, other) = (Rig.Host(EngineRig.AllApart), Rig.Host(EngineRig.AllApart));
        Rig.Reach(one, JobStateNames.Matching);
        other.Handle(new CancelRequested(Rig.Job));
        Rig.State.ShouldBe(JobStateNames.Refunding);
        Rig.Calls.Clear();

        one.Handle(Given.MatchOf(Rig.Job, 1, Rig.Node)); // on its own row it would take the slot

        Rig.State.ShouldBe(JobStateNames.Refunding);
        Rig.Commits.Select(c => c.Job is null).ShouldBe([false, true]); // refused; then ignored, on the ground of the stored row
        Rig.Storage.Query($"select count(*) from leases where job_id = '{Rig.Job}'").ShouldBe(["0"]);
        Rig.Broker.Published.OfType<AssignNode>().ShouldBeEmpty();
    }

    [Fact]
    public void Two_hosts_that_take_turns_lose_nothing()
    {
        var hosts = new[] { Rig.Host(EngineRig.AllApart), Rig.Host(EngineRig.AllApart) };
        string[] states = ["Submitted", "EscrowPending", "Matching", "Assigned", "Executing", "Executed", "SettlementPending", "Paid"];

        for (var i = 0; i < states.Length; i++)
        {
            Rig.Reach(hosts[i % 2], states[i]); // what each remembers is two states old
        }

        Rig.Storage.Job(Rig.Job).Outcome.ShouldBe("Succeeded");
    }

    [Fact]
    public void A_remembered_job_costs_no_load_and_an_ignored_message_costs_one()
    {
        var host = Rig.Host(EngineRig.AllApart);
        host.Handle(Rig.Submission.Submitted());
        host.Handle(new IntentVerified(Rig.Job));
        Rig.Loads.ShouldBe(1);

        host.Handle(new IntentVerified(Rig.Job)); // late: ignored, but not on memory alone

        Rig.Loads.ShouldBe(2);
        Rig.Commits.Last().Job.ShouldBeNull();
    }

    [Fact]
    public void A_commit_that_failed_leaves_nothing_to_remember()
    {
        var host = Rig.Host(EngineRig.AllApart);
        host.Handle(Rig.Submission.Submitted());
        Rig.Failing = call => _ = call.Port == Port.Commit ? throw new IOException("no database") : 0;
        Should.Throw<IOException>(() => host.Handle(new IntentVerified(Rig.Job)));
        Rig.Failing = _ => { };

        host.Handle(new IntentVerified(Rig.Job));

        Rig.State.ShouldBe(JobStateNames.EscrowPending);
        Rig.Storage.Saga(Rig.Job).Version.ShouldBe(2);
        Rig.Storage.Query($"select epoch from timers where job_id = '{Rig.Job}' and kind = 'Step'").ShouldBe(["3"]); // expiry 1, step 2, step 3: none was skipped
    }

    [Fact]
    public void No_more_jobs_are_remembered_than_allowed_and_the_oldest_goes_first()
    {
        var host = Rig.Host(new EngineOptions { Local = "", CachedJobs = 2 });
        var jobs = new[] { Rig.Submission, Rig.Accept(), Rig.Accept() };
        foreach (var job in jobs)
        {
            host.Handle(job.Submitted());
        }

        Rig.Calls.Clear();
        host.Handle(new IntentVerified(jobs[2].Intent.JobId));
        host.Handle(new IntentVerified(jobs[1].Intent.JobId));
        Rig.Loads.ShouldBe(0);
        host.Handle(new IntentVerified(jobs[0].Intent.JobId));
        Rig.Loads.ShouldBe(1);
    }

    [Fact]
    public void A_job_that_has_ended_is_not_remembered()
    {
        var host = Rig.Host(EngineRig.AllApart);
        Rig.Reach(host, JobStateNames.Paid);
        Rig.Calls.Clear();

        host.Handle(new CancelRequested(Rig.Job));

        Rig.Loads.ShouldBe(1);
        Rig.State.ShouldBe(JobStateNames.Paid);
    }
}
