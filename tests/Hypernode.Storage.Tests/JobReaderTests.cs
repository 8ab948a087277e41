using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Ports;
using Hypernode.Storage.Shared;
using Microsoft.Extensions.DependencyInjection;
using static Hypernode.Storage.Tests.Given;

namespace Hypernode.Storage.Tests;

public sealed class SqliteJobReaderTests(SqliteFixture storage) : JobReaderTests(storage), IClassFixture<SqliteFixture>;

[Trait("Needs", "postgres")]
public sealed class PostgresJobReaderTests(PostgresFixture storage) : JobReaderTests(storage), IClassFixture<PostgresFixture>;

public abstract class JobReaderTests(StorageFixture storage)
{
    private readonly IJobReader _reader = storage.Get<IJobReader>();
    private readonly ISagaJournal _journal = storage.Get<ISagaJournal>();

    [Fact]
    public async Task Pages_go_through_all_jobs_of_the_owner_newest_first_even_where_times_are_equal()
    {
        var owner = NewWallet();
        for (var i = 0; i < 12; i++)
        {
            await AJobAsync(storage, owner, Now.AddMilliseconds(i / 4));
        }

        await AJobAsync(storage);
        var seen = new List<JobView>();
        (DateTimeOffset, JobId)? position = null;
        while (await _reader.ListAsync(owner, null, position, 5, None) is { Count: > 0 } page)
        {
            page.Count.ShouldBeLessThanOrEqualTo(5);
            seen.AddRange(page);
            position = (page[^1].CreatedAt, page[^1].Id);
        }

        seen.Select(j => j.Id).Distinct().Count().ShouldBe(12);
        seen.Count.ShouldBe(12);
        seen.ShouldAllBe(j => j.Owner == owner);
        seen.Select(j => j.CreatedAt).ShouldBe(seen.Select(j => j.CreatedAt).OrderDescending());
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData(null, true)]
    [InlineData("completed", false)]
    [InlineData("completed", true)]
    public async Task A_page_is_read_along_the_owners_index_from_where_it_begins_and_not_sorted(string? status, bool isLater)
    {
        var owner = NewWallet();
        await AJobAsync(storage, owner);

        var plan = await Plans.OfAsync(storage, db => JobReader.PageOf(db, owner.ToString(), status, isLater ? (Now, NewJobId()) : null, 10));

        plan.ShouldContain("idx_jobs_user");
        plan.ShouldNotContain(Plans.Sorts);
        plan.Split('\n').Count(l => l.Contains("user_id", StringComparison.Ordinal) && l.Contains("created_at", StringComparison.Ordinal)).ShouldBe(isLater ? 1 : 0, plan);
    }

    /// <summary>What was read is remembered, and never told once it is old, whoever changed it.</summary>
    [Fact]
    public async Task A_job_that_is_read_again_is_the_same_until_somebody_changes_it()
    {
        await using var elsewhere = storage.Open();
        var job = await AJobAsync(storage);
        var first = await _reader.FindAsync(job, None);
        (await _reader.FindAsync(job, None)).ShouldBeSameAs(first);

        await elsewhere.GetRequiredService<ISagaJournal>().CommitAsync(Commit(Row(job, 0, JobStateNames.Executing)));
        (await _reader.FindAsync(job, None))!.State.ShouldBe(JobStateNames.Executing);
        await _journal.CommitAsync(Commit(Row(job, 1, JobStateNames.Executed)));
        (await _reader.FindAsync(job, None))!.State.ShouldBe(JobStateNames.Executed);
        first!.State.ShouldBe(JobStateNames.Submitted);
        (await _reader.FindAsync(NewJobId(), None)).ShouldBeNull();
    }

    [Fact]
    public async Task A_list_can_ask_for_a_status_of_the_white_paper_or_for_a_state()
    {
        var owner = NewWallet();
        var waiting = await AJobAsync(storage, owner);
        var running = await AJobAsync(storage, owner);
        await _journal.CommitAsync(Commit(Row(running, 0, JobStateNames.Executing)));
        (await ListAsync("pending")).ShouldBe([waiting]);
        (await ListAsync("Submitted")).ShouldBe([waiting]);
        (await ListAsync("running")).ShouldBe([running]);
        (await ListAsync("Executing")).ShouldBe([running]);
        (await ListAsync("completed")).ShouldBeEmpty();

        async Task<IEnumerable<JobId>> ListAsync(string status) =>
            (await _reader.ListAsync(owner, status, null, 10, None)).Select(j => j.Id);
    }
}

public sealed class SqliteStatsTests(SqliteFixture storage) : StatsTests(storage), IClassFixture<SqliteFixture>;

[Trait("Needs", "postgres")]
public sealed class PostgresStatsTests(PostgresFixture storage) : StatsTests(storage), IClassFixture<PostgresFixture>;

public abstract class StatsTests(StorageFixture storage)
{
    [Fact]
    public async Task Stats_count_states_and_sum_what_was_charged_and_refunded()
    {
        var (reader, journal) = (storage.Get<IJobReader>(), storage.Get<ISagaJournal>());
        (await reader.StatsAsync(None)).ByState.ShouldBeEmpty();
        var node = await ANodeAsync(storage);
        var (paid, refunded) = (await AJobAsync(storage), await AJobAsync(storage));
        await AJobAsync(storage);
        await journal.CommitAsync(Commit(Row(paid, 0, JobStateNames.Paid) with { AssignedNode = node, Settlement = new(new(1_000), new(850), new(100), new(50), new(999_000)) }));
        await journal.CommitAsync(Commit(Row(refunded, 0, JobStateNames.Refunded) with { Settlement = new(new(0), new(0), new(0), new(0), new(1_000_000)) }));

        var stats = await reader.StatsAsync(None);
        stats.ByState.ShouldBe(new Dictionary<string, long> { ["Submitted"] = 1, ["Paid"] = 1, ["Refunded"] = 1 }, ignoreOrder: true);
        (stats.Charged, stats.Refunded).ShouldBe((new HyperAmount(1_000), new HyperAmount(1_999_000)));
    }
}
