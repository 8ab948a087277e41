using Hypernode.Contracts.Ports;
using Microsoft.Extensions.Options;

namespace Hypernode.Sagas.Engine;

/// <summary>Sends what a crash or an outage left in the outbox, and fires due timers into it.</summary>
public sealed class OutboxRelay(IOutbox outbox, IOutboxDispatcher dispatcher, IOptions<EngineOptions> options, TimeProvider time)
{
    private readonly EngineOptions _options = options.Value;
    private bool _swept;

    /// <summary>Rows that are older than the relay's patience; at the first call after a start: all of them.</summary>
    public async Task RelayAsync(CancellationToken cancellationToken)
    {
        var olderThan = _swept ? time.GetUtcNow() - TimeSpan.FromSeconds(_options.RelayAfterSeconds) : time.GetUtcNow();
        var rows = await outbox.LeftoversAsync(olderThan, _swept ? _options.Batch : int.MaxValue, cancellationToken).ConfigureAwait(false);
        await dispatcher.DispatchAsync(rows, cancellationToken).ConfigureAwait(false);
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
