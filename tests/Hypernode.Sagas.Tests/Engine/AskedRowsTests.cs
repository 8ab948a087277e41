using System.Text.Json;
using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Events;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Timers;
using Hypernode.Sagas.Engine;
using Hypernode.Sagas.Tests.Rig;

namespace Hypernode.Sagas.Tests.Engine;

/// <summary>One question of a job is open at a time: its row is the only one of its kind.</summary>
public sealed class AskedRowsTests : EngineTests
{
    [Fact]
    public void A_question_that_is_asked_again_replaces_its_row_so_an_outage_piles_up_nothing()
    {
        var host = Rig.Host(EngineRig.AllApart);
        Rig.Reach(host, JobStateNames.EscrowPending);
        for (var i = 0; i < 50; i++)
        {
            host.Handle(new StepOverdue(Rig.Job, Saga().Armed[TimerKind.Step]));
            Rig.Storage.Outbox(Rig.Job).ShouldBe([typeof(LockEscrow).FullName!]);
        }

        Rig.Storage.Query($"select message_id from outbox where job_id = '{Rig.Job}'").ShouldBe([Saga().Asked!.Value.ToString()]);
    }

    [Fact]
    public void The_answer_to_a_question_that_was_asked_again_still_counts_and_takes_the_last_row_along_in_time()
    {
        var host = Rig.Host(EngineRig.AllApart);
        Rig.Reach(host, JobStateNames.EscrowPending);
        var first = Saga().Asked!.Value;
        host.Handle(new StepOverdue(Rig.Job, Saga().Armed[TimerKind.Step]));

        host.Handle(new EscrowLocked(Rig.Job, "lock-sig", default), cause: first);

        Rig.State.ShouldBe(JobStateNames.Matching);
        Rig.Storage.Outbox(Rig.Job).ShouldBe([typeof(MatchJob).FullName!]); // the second lock is of no more use
    }

    [Fact]
    public void A_job_that_ends_takes_its_open_question_along()
    {
        var host = Rig.Host(EngineRig.AllApart);
        Rig.Reach(host, JobStateNames.Submitted);

        host.Handle(new CancelRequested(Rig.Job));

        Rig.State.ShouldBe(JobStateNames.Rejected);
        Rig.Storage.Outbox(Rig.Job).ShouldBeEmpty();
        Rig.Storage.Query($"select kind from timers where job_id = '{Rig.Job}'").ShouldBeEmpty();
    }

    [Fact]
    public void A_refund_replaces_the_question_that_it_makes_pointless()
    {
        var host = Rig.Host(EngineRig.AllApart);
        Rig.Reach(host, JobStateNames.Matching);

        host.Handle(new CancelRequested(Rig.Job));

        Rig.Storage.Outbox(Rig.Job).ShouldBe([typeof(RefundPayment).FullName!]);
    }

    [Fact]
    public void A_command_for_a_node_replaces_no_question()
    {
        var host = Rig.Host(EngineRig.AllApart);
        Rig.Reach(host, JobStateNames.Executing);
        Rig.Failing = call => _ = call.Port == Port.Node ? throw new IOException("no broker") : 0;

        host.Handle(new CancelRequested(Rig.Job)); // tells the node to stop, and asks for the meter

        Rig.Storage.Outbox(Rig.Job).Order().ShouldBe([typeof(StopJob).FullName!, typeof(VerifyResult).FullName!]);
    }

    [Fact]
    public void A_row_of_the_shape_before_questions_were_remembered_asks_as_ever()
    {
        var host = Rig.Host(EngineRig.AllApart);
        Rig.Reach(host, JobStateNames.EscrowPending);
        Rig.Storage.Execute($"update jobs set saga = json_remove(saga, '$.asked') where job_id = '{Rig.Job}'");
        var next = Rig.Host(EngineRig.AllApart);

        next.Handle(new StepOverdue(Rig.Job, Saga().Armed[TimerKind.Step]));

        Rig.Broker.Published.OfType<LockEscrow>().Count().ShouldBe(2);
        Saga().Asked.ShouldNotBeNull();
    }

    private JobState Saga() => JsonSerializer.Deserialize<JobState>(Rig.Storage.Saga(Rig.Job).Body, Contracts.Text.ContractJson.Options)!;
}
