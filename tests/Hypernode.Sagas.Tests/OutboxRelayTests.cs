using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Timers;
using Hypernode.Contracts.Topology;
using Hypernode.Sagas.Delivery;
using Hypernode.Sagas.Engine;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Hypernode.Sagas.Tests;

public sealed class OutboxRelayTests
{
    private readonly Hearing _hearing = new();
    private readonly FakeOutbox _outbox = new();
    private readonly FakeJournal _journal = new();
    private readonly OutboxDispatcher _dispatcher;
    private readonly Clock _clock = new();
    private readonly CommitLoop _commits;
    private OutboxRelay _relay;

    public OutboxRelayTests()
    {
        var options = Options.Create(OptionsOf(onlyHost: false));
        var scheduler = new InlineScheduler();
        _commits = new CommitLoop(_journal, scheduler, _clock, options);
        var workers = new WorkerTable([], options);
        Local = new LocalWork(workers, new Lazy<JobEngine>(() => throw new InvalidOperationException()), scheduler, _clock, options, NullLogger<LocalWork>.Instance);
        _dispatcher = new OutboxDispatcher(
            workers, Local, new SagaPlacement(false), _outbox, _journal, _commits, scheduler, NullLogger<OutboxDispatcher>.Instance);
        _relay = RelayOf(onlyHost: false);
    }

    private LocalWork Local { get; }

    [Fact]
    public async Task The_only_host_takes_at_its_start_everything_that_a_crash_left()
    {
        _relay = RelayOf(onlyHost: true);
        for (var i = 0; i < 5; i++)
        {
            _outbox.Add("dead-host", _clock.GetUtcNow() + TimeSpan.FromHours(1));
        }

        await _relay.RelayAsync(CancellationToken.None);

        _outbox.Sent.Count.ShouldBe(5);
    }

    [Fact]
    public async Task One_of_several_hosts_takes_a_dead_hosts_rows_when_their_time_is_up()
    {
        _outbox.Add("dead-host", _clock.GetUtcNow() + TimeSpan.FromSeconds(5));

        await _relay.RelayAsync(CancellationToken.None);
        _outbox.Sent.ShouldBeEmpty();
        _clock.Pass(TimeSpan.FromSeconds(5));
        await _relay.RelayAsync(CancellationToken.None);

        _outbox.Sent.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_row_that_stays_is_sent_once_a_patience_and_hides_nothing_behind_it()
    {
        for (var i = 0; i < 5; i++)
        {
            _outbox.Add(null, _clock.GetUtcNow());
        }

        for (var second = 1; second <= 30; second++)
        {
            await _relay.RelayAsync(CancellationToken.None);
            _clock.Pass(TimeSpan.FromSeconds(1));
        }

        _outbox.Sent.Count.ShouldBe(15); // five rows, every ten seconds
        _outbox.Sent.Distinct().Count().ShouldBe(5);
    }

    [Fact]
    public async Task What_could_not_be_sent_goes_at_the_next_turn()
    {
        _outbox.BrokerIsAway = true;
        _outbox.Add(null, _clock.GetUtcNow());
        await _relay.RelayAsync(CancellationToken.None);
        _outbox.BrokerIsAway = false;

        _clock.Pass(TimeSpan.FromSeconds(1));
        await _relay.RelayAsync(CancellationToken.None);

        _outbox.Sent.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Rows_that_have_arrived_go_without_waiting_for_a_transition()
    {
        var id = Guid.NewGuid();
        _commits.Delivered(id);

        await _relay.RelayAsync(CancellationToken.None);

        _journal.Delivered.ShouldBe([id]);
    }

    [Fact]
    public async Task Every_due_timer_fires_in_batches()
    {
        _outbox.DueTimers = 5;

        await _relay.FireTimersAsync(CancellationToken.None);

        _outbox.Sent.Count.ShouldBe(5);
    }

    [Fact]
    public async Task A_fired_timer_is_due_again_if_its_job_does_not_answer()
    {
        _outbox.DueTimers = 1;

        await _relay.FireTimersAsync(CancellationToken.None);

        _outbox.Again.ShouldBe([_clock.GetUtcNow() + TimeSpan.FromSeconds(30)]);
    }

    [Fact]
    public async Task After_a_start_leases_wait_once_for_their_agents_before_anything_fires()
    {
        _outbox.DueTimers = 1;
        var heardBy = _clock.GetUtcNow() + TimeSpan.FromSeconds(45);

        await _relay.FireTimersAsync(CancellationToken.None);
        _clock.Pass(TimeSpan.FromMinutes(5));
        await _relay.FireTimersAsync(CancellationToken.None);

        _outbox.Deferred.ShouldBe([(TimerKind.Lease, heardBy, 0)]);
    }

    [Fact]
    public async Task A_start_without_a_database_defers_the_leases_when_it_is_back()
    {
        _outbox.Away = true;
        await Should.ThrowAsync<IOException>(() => _relay.FireTimersAsync(CancellationToken.None));
        _outbox.Again.ShouldBeEmpty();
        _outbox.Away = false;
        _clock.Pass(TimeSpan.FromSeconds(10));

        await _relay.FireTimersAsync(CancellationToken.None);

        _outbox.Deferred.ShouldBe([(TimerKind.Lease, _clock.GetUtcNow() + TimeSpan.FromSeconds(45), 0)]);
    }

    /// <summary>A broker that is away for ten minutes: no lease runs out while its node can't be heard, nor right afterwards.</summary>
    [Fact]
    public async Task While_nobody_can_be_heard_leases_wait_and_get_their_patience_when_it_is_over()
    {
        await _relay.FireTimersAsync(CancellationToken.None);
        _outbox.Deferred.Clear();
        _hearing.UpSince = null;
        for (var second = 0; second < 600; second++)
        {
            _clock.Pass(TimeSpan.FromSeconds(1));
            await _relay.FireTimersAsync(CancellationToken.None);
            _outbox.Deferred[^1].Until.ShouldBeGreaterThan(_clock.GetUtcNow(), "none comes due");
        }

        _outbox.Deferred.Count.ShouldBeInRange(10, 30);
        _clock.Pass(TimeSpan.FromSeconds(1));
        _hearing.UpSince = _clock.GetUtcNow();
        await _relay.FireTimersAsync(CancellationToken.None);
        _outbox.Deferred[^1].Until.ShouldBe(_clock.GetUtcNow() + TimeSpan.FromSeconds(45));
        var count = _outbox.Deferred.Count;
        _clock.Pass(TimeSpan.FromMinutes(5));
        await _relay.FireTimersAsync(CancellationToken.None);
        _outbox.Deferred.Count.ShouldBe(count);
    }

    private sealed class Hearing : IHearing
    {
        public DateTimeOffset? UpSince { get; set; } = DateTimeOffset.MinValue;
    }

    private sealed class Clock : TimeProvider
    {
        private DateTimeOffset _now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => _now;

        public void Pass(TimeSpan time) => _now += time;
    }

    private static EngineOptions OptionsOf(bool onlyHost) =>
        new() { TakeSeconds = 10, TimerAgainSeconds = 30, Batch = 2, OnlyHost = onlyHost };

    private OutboxRelay RelayOf(bool onlyHost) => new(
        _outbox,
        _dispatcher,
        Local,
        _commits,
        new EngineIdentity("me"),
        Options.Create(OptionsOf(onlyHost)),
        Options.Create(new WorkflowWindows { StartPatienceSeconds = 45 }),
        _clock,
        _hearing);

    private sealed class FakeOutbox : IOutbox, IQueueSender
    {
        private readonly List<OutboxMessage> _rows = [];

        public List<Guid> Sent { get; } = [];

        public int DueTimers { get; set; }

        public bool Away { get; set; }

        public bool BrokerIsAway { get; set; }

        public List<DateTimeOffset> Again { get; } = [];

        /// <summary>And how many looks for due timers came before it.</summary>
        public List<(TimerKind Kind, DateTimeOffset Until, int TakesBefore)> Deferred { get; } = [];

        public void Add(string? owner, DateTimeOffset takenUntil) => _rows.Add(Row() with { Owner = owner, TakenUntil = takenUntil });

        public Task AddAsync(IReadOnlyList<OutboxMessage> messages, CancellationToken cancellationToken) => Task.CompletedTask;

        public Task<IReadOnlyList<OutboxMessage>> TakeLeftoversAsync(
            string owner, DateTimeOffset now, DateTimeOffset until, int limit, CancellationToken cancellationToken)
        {
            var free = _rows.Where(r => r.TakenUntil is null || r.TakenUntil <= now).Take(limit).ToList();
            foreach (var row in free)
            {
                _rows[_rows.IndexOf(row)] = row with { Owner = owner, TakenUntil = until };
            }

            return Task.FromResult<IReadOnlyList<OutboxMessage>>(free);
        }

        public Task KeepAsync(string owner, IReadOnlyCollection<Guid> messageIds, DateTimeOffset until, CancellationToken cancellationToken) => Task.CompletedTask;

        public Task RemoveAsync(IReadOnlyCollection<Guid> messageIds, CancellationToken cancellationToken) => Task.CompletedTask;

        public Task<int> ForgetInboxAsync(DateTimeOffset before, int limit, CancellationToken cancellationToken) => Task.FromResult(0);

        public Task<IReadOnlyList<OutboxMessage>> TakeDueTimersAsync(
            DateTimeOffset now, DateTimeOffset againAt, int limit, CancellationToken cancellationToken)
        {
            Again.Add(againAt);
            var taken = Math.Min(limit, DueTimers);
            DueTimers -= taken;
            return Task.FromResult<IReadOnlyList<OutboxMessage>>([.. Enumerable.Range(0, taken).Select(_ => Row())]);
        }

        public Task DeferTimersAsync(TimerKind kind, DateTimeOffset until, CancellationToken cancellationToken)
        {
            if (Away)
            {
                throw new IOException("no database");
            }

            Deferred.Add((kind, until, Again.Count));
            return Task.CompletedTask;
        }

        public Task SendAsync(OutboxMessage row, object message, CancellationToken cancellationToken)
        {
            if (BrokerIsAway)
            {
                throw new IOException("no broker");
            }

            Sent.Add(row.MessageId);
            return Task.CompletedTask;
        }

        private static OutboxMessage Row()
        {
            var job = new JobId(Guid.NewGuid());
            var due = new StepOverdue(job, 1);
            return new(Guid.NewGuid(), Queues.JobSaga, typeof(StepOverdue).FullName!, ContractCodec.Serialize(due), job);
        }
    }
}
