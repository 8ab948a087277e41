using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Timers;
using Hypernode.Sagas.Engine;
using Microsoft.Extensions.Options;

namespace Hypernode.Sagas.Tests;

public sealed class OutboxRelayTests
{
    private readonly FakeOutbox _outbox = new();
    private readonly OutboxRelay _relay;
    private readonly Clock _clock = new();

    public OutboxRelayTests() => _relay = new OutboxRelay(
        _outbox,
        _outbox,
        Options.Create(new EngineOptions { RelayAfterSeconds = 20, TimerAgainSeconds = 30, Batch = 2 }),
        Options.Create(new WorkflowWindows { StartPatienceSeconds = 45 }),
        _clock);

    [Fact]
    public async Task A_start_sends_everything_that_a_crash_left()
    {
        for (var i = 0; i < 5; i++)
        {
            _outbox.Add(_clock.GetUtcNow());
        }

        await _relay.RelayAsync(CancellationToken.None);

        _outbox.Sent.Count.ShouldBe(5);
    }

    [Fact]
    public async Task A_row_that_is_being_worked_on_is_left_alone_and_then_sent_once_a_patience()
    {
        await _relay.RelayAsync(CancellationToken.None);
        _outbox.Add(_clock.GetUtcNow());
        for (var second = 1; second <= 60; second++)
        {
            _clock.Pass(TimeSpan.FromSeconds(1));
            await _relay.RelayAsync(CancellationToken.None);
        }

        _outbox.Sent.Count.ShouldBe(3);
    }

    [Fact]
    public async Task Rows_that_stay_do_not_hide_those_behind_them()
    {
        await _relay.RelayAsync(CancellationToken.None);
        var stuck = Enumerable.Range(0, 4).Select(_ => _outbox.Add(_clock.GetUtcNow())).ToList();
        var late = _outbox.Add(_clock.GetUtcNow() + TimeSpan.FromSeconds(1));
        for (var second = 1; second <= 30; second++)
        {
            _clock.Pass(TimeSpan.FromSeconds(1));
            await _relay.RelayAsync(CancellationToken.None);
        }

        _outbox.Sent.ShouldContain(late);
        stuck.ShouldAllBe(id => _outbox.Sent.Contains(id));
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

    private sealed class Clock : TimeProvider
    {
        private DateTimeOffset _now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => _now;

        public void Pass(TimeSpan time) => _now += time;
    }

    private sealed class FakeOutbox : IOutbox, IOutboxDispatcher
    {
        private readonly List<(DateTimeOffset At, OutboxMessage Row)> _rows = [];

        public List<Guid> Sent { get; } = [];

        public int DueTimers { get; set; }

        public bool Away { get; set; }

        public List<DateTimeOffset> Again { get; } = [];

        /// <summary>And how many looks for due timers came before it.</summary>
        public List<(TimerKind Kind, DateTimeOffset Until, int TakesBefore)> Deferred { get; } = [];

        public Guid Add(DateTimeOffset at)
        {
            var row = Row();
            _rows.Add((at, row));
            return row.MessageId;
        }

        public Task AddAsync(IReadOnlyList<OutboxMessage> messages, CancellationToken cancellationToken) => Task.CompletedTask;

        public Task<IReadOnlyList<OutboxMessage>> LeftoversAsync(DateTimeOffset olderThan, int limit, CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyList<OutboxMessage>>([.. _rows.Where(r => r.At <= olderThan).OrderBy(r => r.At).Take(limit).Select(r => r.Row)]);

        public Task RemoveAsync(IReadOnlyCollection<Guid> messageIds, CancellationToken cancellationToken) => Task.CompletedTask;

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

        public Task DispatchAsync(IReadOnlyList<OutboxMessage> messages, CancellationToken cancellationToken)
        {
            Sent.AddRange(messages.Select(m => m.MessageId));
            return Task.CompletedTask;
        }

        private static OutboxMessage Row() => new(Guid.NewGuid(), "q", "t", "{}", null);
    }
}
