using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Timers;
using Hypernode.Storage.Shared;
using static Hypernode.Storage.Tests.Given;

namespace Hypernode.Storage.Tests;

public sealed class SqliteSagaAuditTests(SqliteFixture storage) : SagaAuditTests(storage), IClassFixture<SqliteFixture>;

[Trait("Needs", "postgres")]
public sealed class PostgresSagaAuditTests(PostgresFixture storage) : SagaAuditTests(storage), IClassFixture<PostgresFixture>;

public abstract class SagaAuditTests(StorageFixture storage)
{
    private readonly ISagaJournal _journal = storage.Get<ISagaJournal>();
    private readonly ISagaAudit _audit = storage.Get<ISagaAudit>();

    [Fact]
    public async Task Only_a_job_that_has_not_ended_and_that_nothing_would_wake_is_stranded()
    {
        var accepted = await AJobAsync(storage);
        var waiting = await MovedAsync(JobStateNames.Matching, c => c with { Timers = [Timer(c.Job!.Id, TimerKind.Match, Now)] });
        var asking = await MovedAsync(JobStateNames.Matching, c => c with { Outbox = [Message(c.Job!.Id)] });
        var ended = await MovedAsync(JobStateNames.Rejected, c => c);
        var stranded = await MovedAsync(JobStateNames.Executing, c => c);

        var found = await _audit.StrandedAsync(1_000, None);

        found.ShouldContain(new StoredSaga(stranded, JobStateNames.Executing, 1, """{"state":"Executing"}"""));
        found.Select(f => f.Id).ShouldNotContain(id => id == accepted || id == waiting || id == asking || id == ended);
    }

    [Fact]
    public async Task A_revived_job_has_its_timers_and_is_found_no_more()
    {
        var job = await MovedAsync(JobStateNames.Executing, c => c);
        var found = (await _audit.StrandedAsync(1_000, None)).Single(f => f.Id == job);

        (await _audit.ReviveAsync(found, [Timer(job, TimerKind.Lease, Now, 7), Timer(job, TimerKind.Expiry, Now.AddDays(1), 3)], None)).ShouldBeTrue();

        (await storage.CountAsync("timers", $"job_id = '{job}' and (kind = 'Lease' and epoch = 7 or kind = 'Expiry' and epoch = 3)")).ShouldBe(2);
        (await _audit.StrandedAsync(1_000, None)).ShouldNotContain(f => f.Id == job);
        (await _audit.ReviveAsync(found, [Timer(job, TimerKind.Lease, Now, 7)], None)).ShouldBeFalse("two hosts that found it revive it once");
    }

    [Fact]
    public async Task A_job_that_has_moved_since_it_was_found_is_left_alone()
    {
        var job = await MovedAsync(JobStateNames.Executing, c => c);
        var found = (await _audit.StrandedAsync(1_000, None)).Single(f => f.Id == job);
        (await _journal.CommitAsync(Commit(Row(job, 1, JobStateNames.Matching)))).ShouldBe(CommitResult.Committed);

        (await _audit.ReviveAsync(found, [Timer(job, TimerKind.Lease, Now)], None)).ShouldBeFalse();

        (await storage.CountAsync("timers", $"job_id = '{job}'")).ShouldBe(0);
    }

    [Fact]
    public async Task A_limit_is_kept_and_the_rest_is_found_later()
    {
        await MovedAsync(JobStateNames.Executing, c => c);
        await MovedAsync(JobStateNames.Executing, c => c);

        (await _audit.StrandedAsync(1, None)).ShouldHaveSingleItem();
    }

    private async Task<JobId> MovedAsync(string state, Func<SagaCommit, SagaCommit> change)
    {
        var job = await AJobAsync(storage);
        await storage.Get<Database>().WriteAsync(
            async session => await session.ExecuteAsync("delete from timers where job_id = @job", ("job", job))
                + await session.ExecuteAsync("delete from outbox where job_id = @job", ("job", job)),
            None);
        (await _journal.CommitAsync(change(Commit(Row(job, 0, state))))).ShouldBe(CommitResult.Committed);
        return job;
    }
}
