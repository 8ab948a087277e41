using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Events;
using Hypernode.Contracts.Jobs;
using Hypernode.Sagas.Engine;
using Hypernode.Sagas.Tests.Rig;

namespace Hypernode.Sagas.Tests.Engine;

/// <summary>What a host remembers of a job may be old (F16): another host has moved it meanwhile.</summary>
public sealed class StaleCacheTests : IDisposable
{
    private readonly EngineRig _rig = new();

    [Fact]
    public void A_message_that_a_remembered_job_would_ignore_is_judged_by_the_stored_one()
    {
        var (one, other) = (_rig.Host(EngineRig.AllApart), _rig.Host(EngineRig.AllApart));
        _rig.Reach(one, JobStateNames.EscrowPending);
        other.Handle(new EscrowLocked(_rig.Job, "lock-sig", default));

        one.Handle(Given.MatchOf(_rig.Job, 1, _rig.Node)); // in EscrowPending it would be "no match was asked for"

        _rig.State.ShouldBe(JobStateNames.Assigned);
    }

    [Fact]
    public void A_transition_that_was_decided_on_an_old_row_is_refused_and_decided_again()
    {
        var (one, other) = (_rig.Host(EngineRig.AllApart), _rig.Host(EngineRig.AllApart));
        _rig.Reach(one, JobStateNames.Matching);
        other.Handle(new CancelRequested(_rig.Job));
        _rig.State.ShouldBe(JobStateNames.Refunding);
        _rig.Calls.Clear();

        one.Handle(Given.MatchOf(_rig.Job, 1, _rig.Node)); // on its own row it would take the slot

        _rig.State.ShouldBe(JobStateNames.Refunding);
        _rig.Commits.Select(c => c.Job is null).ShouldBe([false, true]); // refused; then ignored, on the ground of the stored row
        _rig.Storage.Query($"select count(*) from leases where job_id = '{_rig.Job}'").ShouldBe(["0"]);
        _rig.Broker.Published.OfType<AssignNode>().ShouldBeEmpty();
    }

    [Fact]
    public void Two_hosts_that_take_turns_lose_nothing()
    {
        var hosts = new[] { _rig.Host(EngineRig.AllApart), _rig.Host(EngineRig.AllApart) };
        string[] states = ["Submitted", "EscrowPending", "Matching", "Assigned", "Executing", "Executed", "SettlementPending", "Paid"];

        for (var i = 0; i < states.Length; i++)
        {
            _rig.Reach(hosts[i % 2], states[i]); // what each remembers is two states old
        }

        _rig.Storage.Job(_rig.Job).Outcome.ShouldBe("Succeeded");
    }

    [Fact]
    public void A_remembered_job_costs_no_load_and_an_ignored_message_costs_one()
    {
        var host = _rig.Host(EngineRig.AllApart);
        host.Handle(_rig.Submission.Submitted());
        host.Handle(new IntentVerified(_rig.Job));
        _rig.Loads.ShouldBe(1);

        host.Handle(new IntentVerified(_rig.Job)); // late: ignored, but not on memory alone

        _rig.Loads.ShouldBe(2);
        _rig.Commits.Last().Job.ShouldBeNull();
    }

    [Fact]
    public void A_commit_that_failed_leaves_nothing_to_remember()
    {
        var host = _rig.Host(EngineRig.AllApart);
        host.Handle(_rig.Submission.Submitted());
        _rig.Failing = call => _ = call.Port == Port.Commit ? throw new IOException("no database") : 0;
        Should.Throw<IOException>(() => host.Handle(new IntentVerified(_rig.Job)));
        _rig.Failing = _ => { };

        host.Handle(new IntentVerified(_rig.Job));

        _rig.State.ShouldBe(JobStateNames.EscrowPending);
        _rig.Storage.Saga(_rig.Job).Version.ShouldBe(2);
        _rig.Storage.Query($"select epoch from timers where job_id = '{_rig.Job}' and kind = 'Step'").ShouldBe(["3"]); // expiry 1, step 2, step 3: none was skipped
    }

    [Fact]
    public void No_more_jobs_are_remembered_than_allowed_and_the_oldest_goes_first()
    {
        var host = _rig.Host(new EngineOptions { Local = "", CachedJobs = 2 });
        var jobs = new[] { _rig.Submission, _rig.Accept(), _rig.Accept() };
        foreach (var job in jobs)
        {
            host.Handle(job.Submitted());
        }

        _rig.Calls.Clear();
        host.Handle(new IntentVerified(jobs[2].Intent.JobId));
        host.Handle(new IntentVerified(jobs[1].Intent.JobId));
        _rig.Loads.ShouldBe(0);
        host.Handle(new IntentVerified(jobs[0].Intent.JobId));
        _rig.Loads.ShouldBe(1);
    }

    [Fact]
    public void A_job_that_has_ended_is_not_remembered()
    {
        var host = _rig.Host(EngineRig.AllApart);
        _rig.Reach(host, JobStateNames.Paid);
        _rig.Calls.Clear();

        host.Handle(new CancelRequested(_rig.Job));

        _rig.Loads.ShouldBe(1);
        _rig.State.ShouldBe(JobStateNames.Paid);
    }

    public void Dispose() => _rig.Dispose();
}
