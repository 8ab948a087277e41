using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Timers;
using static Hypernode.Storage.Tests.Given;

namespace Hypernode.Storage.Tests;

public sealed class SqliteStandingReaderTests(SqliteFixture storage) : StandingReaderTests(storage), IClassFixture<SqliteFixture>;

[Trait("Needs", "postgres")]
public sealed class PostgresStandingReaderTests(PostgresFixture storage) : StandingReaderTests(storage), IClassFixture<PostgresFixture>;

public abstract class StandingReaderTests(StorageFixture storage)
{
    private readonly IStandingReader _standing = storage.Get<IStandingReader>();
    private readonly ISagaJournal _journal = storage.Get<ISagaJournal>();

    [Fact]
    public async Task A_job_stands_with_its_timers_and_its_leases_and_no_others()
    {
        var (node, other) = (await ANodeAsync(storage), await ANodeAsync(storage));
        var job = await AJobAsync(storage);
        var stranger = await AJobAsync(storage);
        await CommitAsync(Commit(Row(job, 0, JobStateNames.Assigned), Take(job, node, 0)), Timer(job, TimerKind.Expiry, Now.AddHours(1)), Timer(job, TimerKind.Step, Now.AddSeconds(15)));
        await CommitAsync(Commit(Row(stranger, 0, JobStateNames.Assigned), Take(stranger, other, 0)), Timer(stranger, TimerKind.Lease, Now));
        await CommitAsync(Commit(Row(job, 1, JobStateNames.Matching), Release(job, node)));
        await CommitAsync(Commit(Row(job, 2, JobStateNames.Assigned), Take(job, other, 1, attempt: 2)));

        var stands = (await _standing.OfJobAsync(job, None))!;

        stands.Timers.ShouldBe([new(TimerKind.Step, Now.AddSeconds(15)), new(TimerKind.Expiry, Now.AddHours(1))]);
        stands.Leases.Select(l => (l.Attempt, l.NodeId, l.Live)).ShouldBe([(1, node, false), (2, other, true)]);
        (stands.Result, stands.Pending, stands.Cancelling, stands.RefundReason).ShouldBe((null, null, false, null));
        (await _standing.LeasesOfAsync(other, None)).Select(l => l.JobId).ShouldBe([stranger, job], ignoreOrder: true);
        (await _standing.LeasesOfAsync(node, None)).ShouldBeEmpty();
        (await _standing.OfJobAsync(NewJobId(), None)).ShouldBeNull();
    }

    [Fact]
    public async Task What_the_saga_notes_and_may_be_told_is_read_from_its_JSON()
    {
        var job = await AJobAsync(storage);
        var row = Row(job, 0, JobStateNames.Refunding) with
        {
            Body = """{"cancelling":true,"refundReason":"Cancelled","pending":{"signature":"sig","lastValidBlockHeight":7},"salt":"not for us"}""",
        };
        await CommitAsync(Commit(row));

        var stands = (await _standing.OfJobAsync(job, None))!;

        (stands.Cancelling, stands.RefundReason, stands.Pending).ShouldBe((true, RefundReason.Cancelled, new PendingTransaction("sig", 7)));
    }

    [Fact]
    public async Task Jobs_that_look_for_a_node_wait_the_oldest_first_and_say_who_has_tried()
    {
        var node = await ANodeAsync(storage);
        var (young, old, running) = (await AJobAsync(storage, at: Now.AddYears(-20).AddSeconds(1)), await AJobAsync(storage, at: Now.AddYears(-20)), await AJobAsync(storage));
        await CommitAsync(Commit(Row(young, 0, JobStateNames.Matching)));
        await CommitAsync(Commit(Row(old, 0, JobStateNames.Assigned), Take(old, node, 0)));
        await CommitAsync(Commit(Row(old, 1, JobStateNames.Matching), Release(old, node)));
        await CommitAsync(Commit(Row(running, 0, JobStateNames.Assigned), Take(running, node, 0)));

        var waiting = await _standing.WaitingAsync(2, None);

        waiting.Select(w => w.Id).ShouldBe([old, young]);
        waiting[0].Tried.ShouldBe([node]);
        waiting[1].Tried.ShouldBeEmpty();
        waiting[1].Amount.BaseUnits.ShouldBe(1_000_000UL);
        (await _standing.WaitingAsync(1, None)).Count.ShouldBe(1);
    }

    private async Task CommitAsync(SagaCommit commit, params TimerChange[] timers) =>
        (await _journal.CommitAsync(commit with { Timers = timers })).ShouldBe(CommitResult.Committed);
}
