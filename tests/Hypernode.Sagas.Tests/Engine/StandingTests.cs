using Hypernode.Contracts.Events;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Timers;
using Hypernode.Sagas.Tests.Rig;

namespace Hypernode.Sagas.Tests.Engine;

/// <summary>What explains a job reads a little of the saga's own JSON: the saga must go on writing it so.</summary>
public sealed class StandingTests : EngineTests
{
    [Fact]
    public async Task What_the_saga_stored_is_what_explains_the_job()
    {
        var host = Rig.Host(EngineRig.AllApart);
        Rig.Reach(host, JobStateNames.SettlementPending);
        host.Handle(new PaymentSettlementUnknown(Rig.Job, new PendingTransaction("sent", 99), "no answer"));

        var stands = (await Rig.Storage.Get<IStandingReader>().OfJobAsync(Rig.Job, CancellationToken.None))!;

        stands.Result.ShouldBe(Given.VerdictOf(Rig.Job, 1, Verdict.Succeeded));
        stands.Pending.ShouldBe(new PendingTransaction("sent", 99));
        stands.Timers.Select(t => t.Kind).ShouldBe([TimerKind.Step, TimerKind.Expiry]);
        stands.Leases.ShouldHaveSingleItem().NodeId.ShouldBe(Rig.NodeId);
    }

    [Fact]
    public async Task A_cancelled_job_says_so_and_why_it_is_refunded()
    {
        var host = Rig.Host(EngineRig.AllApart);
        Rig.Reach(host, JobStateNames.Matching);
        host.Handle(new CancelRequested(Rig.Job));

        (await Rig.Storage.Get<IStandingReader>().OfJobAsync(Rig.Job, CancellationToken.None))!.RefundReason.ShouldBe(RefundReason.Cancelled);
    }
}
