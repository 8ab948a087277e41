using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Timers;
using Hypernode.Storage.Shared;
using static Hypernode.Storage.Tests.Given;

namespace Hypernode.Storage.Tests;

public sealed class SqliteAuditReaderTests(SqliteFixture storage) : AuditReaderTests(storage), IClassFixture<SqliteFixture>;

[Trait("Needs", "postgres")]
public sealed class PostgresAuditReaderTests(PostgresFixture storage) : AuditReaderTests(storage), IClassFixture<PostgresFixture>;

public abstract class AuditReaderTests(StorageFixture storage)
{
    private readonly IAuditReader _rows = storage.Get<IAuditReader>();

    [Fact]
    public async Task A_job_is_read_with_everything_that_its_invariants_are_about()
    {
        var submission = Submission();
        var job = submission.Intent.JobId;
        (await storage.Get<IJobIntake>().SubmitAsync(submission, None)).ShouldBe(IntakeResult.Accepted);
        var node = await ANodeAsync(storage);
        var commit = Commit(Row(job, 0, JobStateNames.Assigned, JobStateNames.Submitted, JobStateNames.Assigned), Take(job, node, 1));
        (await storage.Get<ISagaJournal>().CommitAsync([commit with { Timers = [Timer(job, TimerKind.Lease, Now)] }], [], None)).ShouldBe([CommitResult.Committed]);

        var facts = (await _rows.FindAsync(job, None)).ShouldNotBeNull();

        (facts.State, facts.Version, facts.Attempt, facts.Ended, facts.Amount, facts.SettleBy).ShouldBe((JobStateNames.Assigned, 1, 1, false, 1_000_000L, submission.SettleBy));
        facts.Intent.ShouldBe(new IntentFacts(submission.Intent.IntentId, submission.Intent.Client.ToString(), 1_000_000));
        facts.Sums.ShouldBeNull();
        facts.Timers.ShouldBe(2, "the intake's and the saga's");
        facts.Messages.ShouldBe(1, "the intake's");
        facts.History.Select(h => (h.Version, h.State)).ShouldBe([(0, JobStateNames.Submitted), (1, JobStateNames.Assigned)], "what the intake wrote is not written again");
        facts.Leases.ShouldHaveSingleItem().ShouldSatisfyAllConditions(l => (l.NodeId, l.Slot, l.Live).ShouldBe((node.ToString(), 1, true)), l => l.Authority.ShouldNotBeNull());
        facts.Receipts.ShouldBeEmpty();
        (await _rows.OpenAsync(null, 1_000, None)).Single(o => o.Id == job).ShouldSatisfyAllConditions(
            o => o.Due.ShouldNotBeNull(), o => (o.State, o.Messages, o.SettleBy).ShouldBe((JobStateNames.Assigned, 1, submission.SettleBy)));
    }

    /// <summary>What was signed is HYPER then; what was agreed to be locked is what came.</summary>
    [Fact]
    public async Task A_job_that_was_paid_by_a_transfer_is_held_to_the_deposit()
    {
        var (submission, mint) = (Submission(), NewWallet());
        var deposit = new DepositPayment(mint, new HyperAmount(50_000), Convert.ToBase64String([1, .. new byte[64], .. NewHash().ToBytes()]));
        submission = submission with { Signature = submission.Signature with { Deposit = deposit }, Mint = mint };
        (await storage.Get<IJobIntake>().SubmitAsync(submission, None)).ShouldBe(IntakeResult.Accepted);

        var facts = (await _rows.FindAsync(submission.Intent.JobId, None)).ShouldNotBeNull();

        (facts.Amount, facts.Intent!.Amount).ShouldBe((50_000L, 50_000L));
    }

    [Fact]
    public async Task Pages_are_in_order_and_each_job_comes_once()
    {
        var made = new List<JobId>();
        for (var i = 0; i < 5; i++)
        {
            made.Add(await AJobAsync(storage));
        }

        var seen = new List<JobId>();
        for (IReadOnlyList<JobFacts> page = await _rows.PageAsync(null, 2, None); page.Count > 0; page = await _rows.PageAsync(page[^1].Id, 2, None))
        {
            page.Count.ShouldBeLessThanOrEqualTo(2);
            seen.AddRange(page.Select(j => j.Id));
        }

        seen.Select(s => s.ToString()).ShouldBe(seen.Select(s => s.ToString()).Order(StringComparer.Ordinal));
        made.ShouldBeSubsetOf(seen);
        seen.Distinct().Count().ShouldBe(seen.Count);
        (await _rows.FindAsync(NewJobId(), None)).ShouldBeNull();
    }

    [Fact]
    public async Task Sound_tables_share_nothing_and_what_is_nobody_s_is_named()
    {
        await AJobAsync(storage);
        (await _rows.RepeatedNoncesAsync(10, None)).ShouldBeEmpty();
        (await _rows.SharedSlotsAsync(10, None)).ShouldBeEmpty();
        var nobodys = NewJobId();
        await storage.Get<Database>().WriteAsync(
            session => session.ExecuteAsync(
                "insert into outbox (message_id, destination, type, body, job_id, created_at) values (@id, 'q', 't', '{}', @job, @at)", ("id", NewId()), ("job", nobodys), ("at", Now)),
            None);

        (await _rows.OrphansAsync(10, None)).ShouldHaveSingleItem().ShouldEndWith($" of {nobodys}");
        await storage.Get<Database>().WriteAsync(session => session.ExecuteAsync("delete from outbox where job_id = @job", ("job", nobodys)), None);
    }
}
