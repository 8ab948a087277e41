using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Timers;
using Hypernode.Contracts.Topology;
using Hypernode.Storage.PostgreSQL;
using Npgsql;
using static Hypernode.Storage.Tests.Given;

namespace Hypernode.Storage.Tests;

public sealed class SqliteOutboxTests(SqliteFixture storage) : OutboxTests(storage), IClassFixture<SqliteFixture>;

[Trait("Needs", "postgres")]
public sealed class PostgresOutboxTests(PostgresFixture storage) : OutboxTests(storage), IClassFixture<PostgresFixture>
{
    [Fact]
    public async Task A_pump_passes_by_a_timer_that_is_just_being_set_again()
    {
        var job = await JobWithTimersAsync(Timer(default, TimerKind.Step, Now));
        await using var saga = await Storage.Get<PostgresDatabase>().Source.OpenConnectionAsync();
        await using var transaction = await saga.BeginTransactionAsync();
        await using var rearm = new NpgsqlCommand($"update timers set due_at = due_at + interval '1 day' where job_id = '{job}'", saga, transaction);
        await rearm.ExecuteNonQueryAsync();

        (await Storage.Get<IOutbox>().TakeDueTimersAsync(Now, 10, None).WaitAsync(TimeSpan.FromSeconds(30))).ShouldBeEmpty();
        await transaction.CommitAsync();
        (await Storage.Get<IOutbox>().TakeDueTimersAsync(Now.AddDays(1), 10, None)).ShouldHaveSingleItem().JobId.ShouldBe(job);
    }
}

public abstract class OutboxTests(StorageFixture storage) : IAsyncLifetime
{
    private readonly ISagaJournal _journal = storage.Get<ISagaJournal>();
    private readonly IOutbox _outbox = storage.Get<IOutbox>();

    protected StorageFixture Storage => storage;

    /// <summary>Every test begins with empty tables: these tests count.</summary>
    public async Task InitializeAsync()
    {
        await _outbox.TakeDueTimersAsync(Now.AddYears(10), 100_000, None);
        var left = await _outbox.LeftoversAsync(DateTimeOffset.MaxValue, 100_000, None);
        await _outbox.RemoveAsync([.. left.Select(m => m.MessageId)], None);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Leftovers_come_oldest_first_and_whole()
    {
        var (first, second, third) = (Message(), Message(NewJobId()), Message());
        await CommittedAsync(second, Now.AddSeconds(2));
        await CommittedAsync(first, Now.AddSeconds(1));
        await CommittedAsync(third, Now.AddSeconds(3));
        (await _outbox.LeftoversAsync(Now.AddSeconds(3), 10, None)).ShouldBe([first, second]);
        (await _outbox.LeftoversAsync(Now.AddSeconds(4), 2, None)).ShouldBe([first, second]);
        (await _outbox.LeftoversAsync(Now.AddSeconds(1), 10, None)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_removed_row_is_no_leftover()
    {
        var (gone, stays) = (Message(), Message());
        await _outbox.AddAsync([gone, stays], None);
        await _outbox.RemoveAsync([gone.MessageId, NewId()], None);
        (await _outbox.LeftoversAsync(TimeProvider.System.GetUtcNow().AddMinutes(1), 10, None)).ShouldBe([stays]);
    }

    [Fact]
    public async Task Adding_and_removing_nothing_is_allowed()
    {
        await _outbox.AddAsync([], None);
        await _outbox.RemoveAsync([], None);
    }

    [Fact]
    public async Task A_due_timer_becomes_a_message_of_the_saga()
    {
        var job = await JobWithTimersAsync(Timer(Job(), TimerKind.Match, Now.AddSeconds(5), 7));
        (await _outbox.TakeDueTimersAsync(Now.AddSeconds(4), 10, None)).ShouldBeEmpty();
        var fired = await _outbox.TakeDueTimersAsync(Now.AddSeconds(5), 10, None);
        var message = fired.ShouldHaveSingleItem();
        (message.Destination, message.Type, message.Body, message.JobId).ShouldBe((Queues.JobSaga, "Some.Timeout", "{\"epoch\":7}", job));
        (await _outbox.TakeDueTimersAsync(Now.AddYears(1), 10, None)).ShouldBeEmpty();
        (await _outbox.LeftoversAsync(Now.AddYears(1), 10, None)).ShouldContain(message);
    }

    [Fact]
    public async Task A_cancelled_timer_never_fires()
    {
        var job = await JobWithTimersAsync(Timer(Job(), TimerKind.Step, Now));
        await _journal.CommitAsync(Commit(Row(job, 1, JobStateNames.Matching)) with { Timers = [Timer(job, TimerKind.Step, null)] }, None);
        (await _outbox.TakeDueTimersAsync(Now.AddYears(1), 10, None)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Parallel_pumps_take_each_timer_once()
    {
        var jobs = new HashSet<JobId>();
        for (var i = 0; i < 60; i++)
        {
            jobs.Add(await JobWithTimersAsync(Timer(Job(), TimerKind.Step, Now.AddMilliseconds(i))));
        }

        await using var elsewhere = storage.Open();
        IOutbox[] pumps = [_outbox, (IOutbox)elsewhere.GetService(typeof(IOutbox))!];
        var taken = new List<OutboxMessage>();
        for (var round = 0; taken.Count < 60 && round < 100; round++)
        {
            var batches = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() => pumps[i % 2].TakeDueTimersAsync(Now.AddHours(1), 7, None))));
            taken.AddRange(batches.SelectMany(b => b));
        }

        taken.Count.ShouldBe(60);
        taken.Select(m => m.JobId!.Value).ToHashSet().ShouldBe(jobs, ignoreOrder: true);
        (await storage.CountAsync("timers")).ShouldBe(0);
    }

    private static JobId Job() => default;

    /// <summary>A job in Matching with these timers, whatever job they name.</summary>
    protected async Task<JobId> JobWithTimersAsync(params TimerChange[] timers)
    {
        var job = await AJobAsync(storage);
        var commit = Commit(Row(job, 0, JobStateNames.Matching)) with { Timers = [.. timers.Select(t => t with { JobId = job })] };
        (await _journal.CommitAsync(commit, None)).ShouldBe(CommitResult.Committed);
        return job;
    }

    private async Task CommittedAsync(OutboxMessage message, DateTimeOffset at) =>
        (await _journal.CommitAsync(Commit(null) with { At = at, Outbox = [message] }, None)).ShouldBe(CommitResult.Committed);
}
