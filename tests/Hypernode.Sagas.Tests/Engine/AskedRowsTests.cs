using System.Text.Json;
using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Events;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Timers;
using Hypernode.Sagas.Engine;
using Hypernode.Sagas.Tests.Rig;

namespace Hypernode.Sagas.Tests.Engine;

/// <summary>One question of a job is open at a time: its row is the only one of its kind.</summary>
public sealed class AskedRowsTests : IDisposable
{
    private readonly EngineRig _rig = new();

    [Fact]
    public void A_question_that_is_asked_again_replaces_its_row_so_an_outage_piles_up_nothing()
    {
        var host = _rig.Host(EngineRig.AllApart);
        _rig.Reach(host, JobStateNames.EscrowPending);
        for (var i = 0; i < 50; i++)
        {
            host.Handle(new StepOverdue(_rig.Job, Saga().Armed[TimerKind.Step]));
            _rig.Storage.Outbox(_rig.Job).ShouldBe([typeof(LockEscrow).FullName!]);
        }

        _rig.Storage.Query($"select message_id from outbox where job_id = '{_rig.Job}'").ShouldBe([Saga().Asked!.Value.ToString()]);
    }

    [Fact]
    public void The_answer_to_a_question_that_was_asked_again_still_counts_and_takes_the_last_row_along_in_time()
    {
        var host = _rig.Host(EngineRig.AllApart);
        _rig.Reach(host, JobStateNames.EscrowPending);
        var first = Saga().Asked!.Value;
        host.Handle(new StepOverdue(_rig.Job, Saga().Armed[TimerKind.Step]));

        host.Handle(new EscrowLocked(_rig.Job, "lock-sig", default), cause: first);

        _rig.State.ShouldBe(JobStateNames.Matching);
        _rig.Storage.Outbox(_rig.Job).ShouldBe([typeof(MatchJob).FullName!]); // the second lock is of no more use
    }

    [Fact]
    public void A_job_that_ends_takes_its_open_question_along()
    {
        var host = _rig.Host(EngineRig.AllApart);
        _rig.Reach(host, JobStateNames.Submitted);

        host.Handle(new CancelRequested(_rig.Job));

        _rig.State.ShouldBe(JobStateNames.Rejected);
        _rig.Storage.Outbox(_rig.Job).ShouldBeEmpty();
        _rig.Storage.Query($"select kind from timers where job_id = '{_rig.Job}'").ShouldBeEmpty();
    }

    [Fact]
    public void A_refund_replaces_the_question_that_it_makes_pointless()
    {
        var host = _rig.Host(EngineRig.AllApart);
        _rig.Reach(host, JobStateNames.Matching);

        host.Handle(new CancelRequested(_rig.Job));

        _rig.Storage.Outbox(_rig.Job).ShouldBe([typeof(RefundPayment).FullName!]);
    }

    [Fact]
    public void A_command_for_a_node_replaces_no_question()
    {
        var host = _rig.Host(EngineRig.AllApart);
        _rig.Reach(host, JobStateNames.Executing);
        _rig.Failing = call => _ = call.Port == Port.Node ? throw new IOException("no broker") : 0;

        host.Handle(new CancelRequested(_rig.Job)); // tells the node to stop, and asks for the meter

        _rig.Storage.Outbox(_rig.Job).Order().ShouldBe([typeof(StopJob).FullName!, typeof(VerifyResult).FullName!]);
    }

    [Fact]
    public void A_row_of_the_shape_before_questions_were_remembered_asks_as_ever()
    {
        var host = _rig.Host(EngineRig.AllApart);
        _rig.Reach(host, JobStateNames.EscrowPending);
        _rig.Storage.Execute($"update jobs set saga = json_remove(saga, '$.asked') where job_id = '{_rig.Job}'");
        var next = _rig.Host(EngineRig.AllApart);

        next.Handle(new StepOverdue(_rig.Job, Saga().Armed[TimerKind.Step]));

        _rig.Broker.Published.OfType<LockEscrow>().Count().ShouldBe(2);
        Saga().Asked.ShouldNotBeNull();
    }

    public void Dispose() => _rig.Dispose();

    private JobState Saga() => JsonSerializer.Deserialize<JobState>(_rig.Storage.Saga(_rig.Job).Body, Contracts.Text.ContractJson.Options)!;
}
