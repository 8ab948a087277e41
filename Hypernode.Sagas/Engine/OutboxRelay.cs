using Hypernode.Contracts.Ports;
using Microsoft.Extensions.Options;

namespace Hypernode.Sagas.Engine;

/// <summary>Sends what a crash or an outage left in the outbox, and fires due timers into it.</summary>
public sealed class OutboxRelay(IOutbox outbox, IOutboxDispatcher dispatcher, IOptions<EngineOptions> options, TimeProvider time)
{
    private readonly EngineOptions _options = options.Value;
    private readonly Dictionary<Guid, DateTimeOffset> _relayed = [];
    private bool _swept;

    /// <summary>
    /// Rows that are older than the relay's patience; at the first call after a start: all of them. One that was sent again
    /// and is still there (its worker is busy, its node is away) gets the same patience before its next turn.
    /// </summary>
    public async Task RelayAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var patience = TimeSpan.FromSeconds(_options.RelayAfterSeconds);
        var limit = _swept ? _options.Batch + _relayed.Count : int.MaxValue;
        var rows = await outbox.LeftoversAsync(_swept ? now - patience : now, limit, cancellationToken).ConfigureAwait(false);
        var due = rows.Where(r => !_relayed.TryGetValue(r.MessageId, out var at) || at + patience <= now).ToList();
        var there = rows.Select(r => r.MessageId).ToHashSet();
        foreach (var gone in _relayed.Keys.Where(id => !there.Contains(id)).ToList())
        {
            _relayed.Remove(gone);
        }

        due.ForEach(r => _relayed[r.MessageId] = now);
        await dispatcher.DispatchAsync(due, cancellationToken).ConfigureAwait(false);
        _swept = true;
    }

    public async Task FireTimersAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<OutboxMessage> fired;
        do
        {
            fired = await outbox.TakeDueTimersAsync(time.GetUtcNow(), _options.Batch, cancellationToken).ConfigureAwait(false);
            await dispatcher.DispatchAsync(fired, cancellationToken).ConfigureAwait(false);
        }
        while (fired.Count == _options.Batch);
    }
}
