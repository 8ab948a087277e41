using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Timers;
using Hypernode.Sagas.Engine;
using Microsoft.Extensions.Options;

namespace Hypernode.Sagas.Delivery;

/// <summary>Sends what a crash or an outage left in the outbox, and fires due timers.</summary>
public sealed class OutboxRelay(
    IOutbox outbox,
    OutboxDispatcher dispatcher,
    LocalWork local,
    CommitLoop commits,
    EngineIdentity me,
    IOptions<EngineOptions> options,
    IOptions<WorkflowWindows> windows,
    TimeProvider time,
    IHearing? hearing = null)
{
    private readonly EngineOptions _options = options.Value;
    private bool _swept;
    private DateTimeOffset? _heardSince;
    private DateTimeOffset _deferAgainAt;

    /// <summary>
    /// One turn: prolong what this host is still at, drop what has arrived, send again what could not be sent, and take what
    /// nobody is at. The only host of a storage takes everything at its first turn: a dead process was at it.
    /// </summary>
    public async Task RelayAsync(CancellationToken cancellationToken)
    {
        await commits.FlushAsync(cancellationToken).ConfigureAwait(false);
        var now = time.GetUtcNow();
        var take = TimeSpan.FromSeconds(_options.TakeSeconds);
        var until = now + take;
        if (local.StillAt(now - (take / 3)) is { Count: > 0 } rows)
        {
            await outbox.KeepAsync(me.Name, rows, until, cancellationToken).ConfigureAwait(false);
        }

        dispatcher.SendAgain();
        var all = _options.OnlyHost && !_swept;
        var (free, limit) = all ? (DateTimeOffset.MaxValue, int.MaxValue) : (now, _options.Batch);
        IReadOnlyList<OutboxMessage> taken;
        do
        {
            taken = await outbox.TakeLeftoversAsync(me.Name, free, until, limit, cancellationToken).ConfigureAwait(false);
            await dispatcher.DispatchAsync(taken, cancellationToken).ConfigureAwait(false);
        }
        while (taken.Count == limit);

        _swept = true;
    }

    /// <summary>Due timers become messages; each stays leased, and fires again unless its job sets or clears it (I7).</summary>
    public async Task FireTimersAsync(CancellationToken cancellationToken)
    {
        await DeferLeasesAsync(cancellationToken).ConfigureAwait(false);
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

    /// <summary>
    /// While the control plane was down, or the broker is, no agent can report: a lease that runs out meanwhile says nothing about
    /// its node. Each gets the start patience to be heard, from the moment when that is possible (again). Expiry is the payer's
    /// right and Step is ours: they don't wait.
    /// </summary>
    private async Task DeferLeasesAsync(CancellationToken cancellationToken)
    {
        var since = hearing is null ? DateTimeOffset.MinValue : hearing.UpSince;
        var now = time.GetUtcNow();
        if (since == _heardSince && (since is not null || now < _deferAgainAt))
        {
            return;
        }

        var patience = TimeSpan.FromSeconds(windows.Value.StartPatienceSeconds);
        await outbox.DeferTimersAsync(TimerKind.Lease, now + patience, cancellationToken).ConfigureAwait(false);
        (_heardSince, _deferAgainAt) = (since, now + (patience / 2));
    }
}
