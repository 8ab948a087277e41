using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Timers;
using Microsoft.Extensions.Options;

namespace Hypernode.Sagas.Engine;

/// <summary>Sends what a crash or an outage left in the outbox, and fires due timers into it.</summary>
public sealed class OutboxRelay(
    IOutbox outbox, IOutboxDispatcher dispatcher, IOptions<EngineOptions> options, IOptions<WorkflowWindows> windows, TimeProvider time)
{
    private readonly EngineOptions _options = options.Value;
    private readonly Dictionary<Guid, DateTimeOffset> _relayed = [];
    private bool _swept;
    private bool _leasesDeferred;

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

    /// <summary>Due timers become messages; each stays leased, and fires again unless its job sets or clears it (I7).</summary>
    public async Task FireTimersAsync(CancellationToken cancellationToken)
    {
        if (!_leasesDeferred)
        {
            // While the control plane was down no agent could report: a lease that ran out meanwhile says nothing about its
            // node. Each gets the start patience to be heard. Expiry is the payer's right and Step is ours: they don't wait.
            var heardBy = time.GetUtcNow() + TimeSpan.FromSeconds(windows.Value.StartPatienceSeconds);
            await outbox.DeferTimersAsync(TimerKind.Lease, heardBy, cancellationToken).ConfigureAwait(false);
            _leasesDeferred = true;
        }

        IReadOnlyList<OutboxMessage> fired;
        do
        {
            var now = time.GetUtcNow();
            var againAt = now + TimeSpan.FromSeconds(_options.TimerAgainSeconds);
            fired = await outbox.TakeDueTimersAsync(now, againAt, _options.Batch, cancellationToken).ConfigureAwait(false);
            await dispatcher.DispatchAsync(fired, cancellationToken).ConfigureAwait(false);
        }
        while (fired.Count == _options.Batch);
    }
}
