using Hypernode.Contracts.Ports;
using Hypernode.Sagas.Engine;
using Microsoft.Extensions.Options;

namespace Hypernode.Sagas.Tests;

public sealed class OutboxRelayTests
{
    private readonly FakeOutbox _outbox = new();
    private readonly OutboxRelay _relay;
    private readonly Clock _clock = new();

    public OutboxRelayTests() =>
        _relay = new OutboxRelay(_outbox, _outbox, Options.Create(new EngineOptions { RelayAfterSeconds = 20, Batch = 2 }), _clock);

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

        public Task<IReadOnlyList<OutboxMessage>> TakeDueTimersAsync(DateTimeOffset now, int limit, CancellationToken cancellationToken)
        {
            var taken = Math.Min(limit, DueTimers);
            DueTimers -= taken;
            return Task.FromResult<IReadOnlyList<OutboxMessage>>([.. Enumerable.Range(0, taken).Select(_ => Row())]);
        }

        public Task DispatchAsync(IReadOnlyList<OutboxMessage> messages, CancellationToken cancellationToken)
        {
            Sent.AddRange(messages.Select(m => m.MessageId));
            return Task.CompletedTask;
        }

        private static OutboxMessage Row() => new(Guid.NewGuid(), "q", "t", "{}", null);
    }
}
