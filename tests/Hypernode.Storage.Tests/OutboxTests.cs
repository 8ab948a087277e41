using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Timers;
using Hypernode.Contracts.Topology;
using Hypernode.Storage.PostgreSQL;
using Hypernode.Storage.Shared;
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

        (await TakeAsync(Now, 10).WaitAsync(TimeSpan.FromSeconds(30))).ShouldBeEmpty();
        await transaction.CommitAsync();
        (await TakeAsync(Now.AddDays(1), 10)).ShouldHaveSingleItem().JobId.ShouldBe(job);
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
        foreach (var table in new[] { "timers", "outbox", "inbox" })
        {
            await storage.Get<Database>().WriteAsync(session => session.ExecuteAsync($"delete from {table}"), None);
        }
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Leftovers_come_oldest_first_and_whole()
    {
        var (first, second, third) = (Message(), Message(NewJobId()), Message());
        await CommittedAsync(second, Now.AddSeconds(2));
        await CommittedAsync(first, Now.AddSeconds(1));
        await CommittedAsync(third, Now.AddSeconds(3));
        var until = Now.AddSeconds(30);
        (await _outbox.TakeLeftoversAsync("a", Now, until, 2, None)).ShouldBe([Taken(first), Taken(second)]);
        (await _outbox.TakeLeftoversAsync("a", Now, until, 10, None)).ShouldBe([Taken(third)]);
        (await _outbox.TakeLeftoversAsync("a", Now, until, 10, None)).ShouldBeEmpty();

        OutboxMessage Taken(OutboxMessage message) => message with { Owner = "a", TakenUntil = until };
    }

    [Fact]
    public async Task A_row_that_somebody_is_at_is_left_to_them_until_their_time_is_over()
    {
        var mine = Message() with { Owner = "a", TakenUntil = Now.AddSeconds(10) };
        var onItsWay = Message() with { TakenUntil = Now.AddSeconds(20) };
        await CommittedAsync(mine, Now);
        await _outbox.AddAsync([onItsWay], None);

        (await _outbox.TakeLeftoversAsync(Now.AddSeconds(9), 10)).ShouldBeEmpty();
        (await TakenAsync(Now.AddSeconds(10))).ShouldBe([mine.MessageId]);
        (await _outbox.TakeLeftoversAsync(Now.AddSeconds(19), 10)).ShouldBeEmpty();
        (await TakenAsync(Now.AddSeconds(20))).ShouldBe([onItsWay.MessageId]);
    }

    [Fact]
    public async Task Who_is_still_at_its_rows_keeps_them_but_nobody_else_s_and_none_that_is_gone()
    {
        var (mine, theirs) = (Message() with { Owner = "a", TakenUntil = Now.AddSeconds(10) }, Message() with { Owner = "b", TakenUntil = Now.AddSeconds(10) });
        await _outbox.AddAsync([mine, theirs], None);
        await _outbox.KeepAsync("a", [], Now, None);
        await _outbox.KeepAsync("a", [mine.MessageId, theirs.MessageId, NewId()], Now.AddSeconds(60), None);

        (await storage.CountAsync("outbox")).ShouldBe(2);
        (await TakenAsync(Now.AddSeconds(59))).ShouldBe([theirs.MessageId]);
        (await TakenAsync(Now.AddSeconds(60))).ShouldBe([mine.MessageId]);
    }

    [Fact]
    public async Task Relays_that_run_at_once_take_each_row_once()
    {
        await using var elsewhere = storage.Open();
        IOutbox[] hosts = [_outbox, (IOutbox)elsewhere.GetService(typeof(IOutbox))!];
        OutboxMessage[] rows = [.. Enumerable.Range(0, 200).Select(_ => Message())];
        await _outbox.AddAsync(rows, None);
        var taken = new List<OutboxMessage>();
        for (var round = 0; taken.Count < rows.Length && round < 100; round++)
        {
            var batches = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() => hosts[i % 2].TakeLeftoversAsync($"host-{i % 2}", Now, Now.AddSeconds(30), 7, None))));
            taken.AddRange(batches.SelectMany(b => b));
        }

        taken.Select(m => m.MessageId).ShouldBe(rows.Select(m => m.MessageId), ignoreOrder: true);
        foreach (var host in taken.GroupBy(m => m.Owner))
        {
            (await storage.CountAsync("outbox", $"owner_host = '{host.Key}'")).ShouldBe(host.Count());
        }
    }

    [Fact]
    public async Task Old_inbox_ids_are_forgotten_a_few_at_a_time()
    {
        foreach (var day in Enumerable.Range(0, 6))
        {
            (await _journal.CommitAsync(Commit(null) with { At = Now.AddDays(5 - day) })).ShouldBe(CommitResult.Committed);
        }

        (await _outbox.ForgetInboxAsync(Now, 10, None)).ShouldBe(0);
        (await _outbox.ForgetInboxAsync(Now.AddDays(3), 2, None)).ShouldBe(2);
        (await _outbox.ForgetInboxAsync(Now.AddDays(3), 2, None)).ShouldBe(1);
        (await _outbox.ForgetInboxAsync(Now.AddDays(3), 2, None)).ShouldBe(0);
        (await storage.CountAsync("inbox")).ShouldBe(3);
    }

    [Fact]
    public async Task A_removed_row_is_no_leftover()
    {
        var (gone, stays) = (Message(), Message());
        await _outbox.AddAsync([gone, stays], None);
        await _outbox.RemoveAsync([gone.MessageId, NewId()], None);
        (await TakenAsync(Now)).ShouldBe([stays.MessageId]);
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
        (await TakeAsync(Now.AddSeconds(4), 10)).ShouldBeEmpty();
        var fired = await TakeAsync(Now.AddSeconds(5), 10);
        var message = fired.ShouldHaveSingleItem();
        (message.Destination, message.Type, message.Body, message.JobId).ShouldBe((Queues.JobSaga, "Some.Timeout", "{\"epoch\":7}", job));
        (message.Owner, message.TakenUntil).ShouldBe((null, null));
        (await storage.CountAsync("outbox", $"job_id = '{job}' and type = 'Some.Timeout'")).ShouldBe(0);
    }

    [Fact]
    public async Task A_timer_whose_message_was_lost_fires_again_and_as_another_message()
    {
        var job = await JobWithTimersAsync(Timer(Job(), TimerKind.Expiry, Now, 3));
        var lost = (await _outbox.TakeDueTimersAsync(Now, Now.AddSeconds(60), 10, None)).ShouldHaveSingleItem();

        (await TakeAsync(Now.AddSeconds(59), 10)).ShouldBeEmpty();
        var again = (await TakeAsync(Now.AddSeconds(60), 10)).ShouldHaveSingleItem();
        (again.JobId, again.Type, again.Body).ShouldBe((job, lost.Type, lost.Body));
        again.MessageId.ShouldNotBe(lost.MessageId);
    }

    [Fact]
    public async Task A_job_that_answers_a_timer_decides_when_the_next_one_is()
    {
        var job = await JobWithTimersAsync(Timer(Job(), TimerKind.Step, Now), Timer(Job(), TimerKind.Lease, Now));
        (await _outbox.TakeDueTimersAsync(Now, Now.AddSeconds(60), 10, None)).Count.ShouldBe(2);
        var answer = Commit(Row(job, 1, JobStateNames.Matching)) with { Timers = [Timer(job, TimerKind.Step, Now.AddSeconds(90), 2), Timer(job, TimerKind.Lease, null)] };
        (await _journal.CommitAsync(answer)).ShouldBe(CommitResult.Committed);

        (await TakeAsync(Now.AddSeconds(89), 10)).ShouldBeEmpty();
        (await TakeAsync(Now.AddSeconds(90), 10)).ShouldHaveSingleItem().Body.ShouldBe("{\"epoch\":2}");
    }

    [Fact]
    public async Task The_longest_overdue_timers_are_taken_first()
    {
        var third = await JobWithTimersAsync(Timer(Job(), TimerKind.Step, Now.AddSeconds(3)));
        var first = await JobWithTimersAsync(Timer(Job(), TimerKind.Step, Now.AddSeconds(1)));
        var second = await JobWithTimersAsync(Timer(Job(), TimerKind.Step, Now.AddSeconds(2)));
        (await TakeAsync(Now.AddSeconds(5), 2)).Select(m => m.JobId).ShouldBe([first, second]);
        (await TakeAsync(Now.AddSeconds(5), 2)).Select(m => m.JobId).ShouldBe([third]);
    }

    [Fact]
    public async Task A_timer_can_not_be_due_again_at_once() =>
        await Should.ThrowAsync<ArgumentOutOfRangeException>(() => _outbox.TakeDueTimersAsync(Now, Now, 10, None));

    [Fact]
    public async Task Deferred_are_the_early_timers_of_one_kind()
    {
        var early = await JobWithTimersAsync(Timer(Job(), TimerKind.Lease, Now.AddSeconds(-90)), Timer(Job(), TimerKind.Expiry, Now, 8));
        var late = await JobWithTimersAsync(Timer(Job(), TimerKind.Lease, Now.AddSeconds(61)), Timer(Job(), TimerKind.Step, Now, 9));
        await _outbox.DeferTimersAsync(TimerKind.Lease, Now.AddSeconds(60), None);

        (await TakeAsync(Now.AddSeconds(59), 10)).Select(m => m.Body).ShouldBe(["{\"epoch\":8}", "{\"epoch\":9}"], ignoreOrder: true);
        (await TakeAsync(Now.AddSeconds(60), 10)).Select(m => m.JobId).ShouldBe([early]);
        (await TakeAsync(Now.AddSeconds(61), 10)).Select(m => m.JobId).ShouldBe([late]);
    }

    [Fact]
    public async Task A_cancelled_timer_never_fires()
    {
        var job = await JobWithTimersAsync(Timer(Job(), TimerKind.Step, Now));
        await _journal.CommitAsync(Commit(Row(job, 1, JobStateNames.Matching)) with { Timers = [Timer(job, TimerKind.Step, null)] });
        (await TakeAsync(Now.AddYears(1), 10)).ShouldBeEmpty();
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
            var batches = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() => pumps[i % 2].TakeDueTimersAsync(Now.AddHours(1), Now.AddHours(2), 7, None))));
            taken.AddRange(batches.SelectMany(b => b));
        }

        taken.Count.ShouldBe(60);
        taken.Select(m => m.JobId!.Value).ToHashSet().ShouldBe(jobs, ignoreOrder: true);
        (await TakeAsync(Now.AddHours(1), 100)).ShouldBeEmpty();
        (await TakeAsync(Now.AddHours(2), 100)).Count.ShouldBe(60);
    }

    private static JobId Job() => default;

    private async Task<IEnumerable<Guid>> TakenAsync(DateTimeOffset now) => (await _outbox.TakeLeftoversAsync(now, 10)).Select(m => m.MessageId);

    /// <summary>Taken for so long that no test meets them again.</summary>
    protected Task<IReadOnlyList<OutboxMessage>> TakeAsync(DateTimeOffset now, int limit) =>
        _outbox.TakeDueTimersAsync(now, Now.AddYears(10), limit, None);

    /// <summary>A job in Matching with these timers alone, whatever job they name.</summary>
    protected async Task<JobId> JobWithTimersAsync(params TimerChange[] timers)
    {
        var job = await AJobAsync(storage);
        var commit = Commit(Row(job, 0, JobStateNames.Matching)) with
        {
            Timers = [Timer(job, TimerKind.Step, null), .. timers.Select(t => t with { JobId = job })], // the intake's goes
        };
        (await _journal.CommitAsync(commit)).ShouldBe(CommitResult.Committed);
        return job;
    }

    private async Task CommittedAsync(OutboxMessage message, DateTimeOffset at) =>
        (await _journal.CommitAsync(Commit(null) with { At = at, Outbox = [message] })).ShouldBe(CommitResult.Committed);
}
