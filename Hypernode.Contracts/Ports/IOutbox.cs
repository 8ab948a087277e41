using Hypernode.Contracts.Timers;

namespace Hypernode.Contracts.Ports;

/// <summary>The outbox outside of a saga's commit: what the relay, the intake and the timers need.</summary>
public interface IOutbox
{
    Task AddAsync(IReadOnlyList<OutboxMessage> messages, CancellationToken cancellationToken);

    /// <summary>Rows older than <paramref name="olderThan"/>, oldest first: what a crash left behind.</summary>
    Task<IReadOnlyList<OutboxMessage>> LeftoversAsync(DateTimeOffset olderThan, int limit, CancellationToken cancellationToken);

    Task RemoveAsync(IReadOnlyCollection<Guid> messageIds, CancellationToken cancellationToken);

    /// <summary>
    /// Takes at most <paramref name="limit"/> timers that are due at <paramref name="now"/>, the longest overdue first: in one
    /// transaction their events come into the outbox and their rows become due again at <paramref name="againAt"/>. Several
    /// hosts may call it at once; each timer is taken by one.
    /// <para>
    /// A timer is leased, not deleted (I7): a saga that handles the event sets or clears the row in its own commit; one that
    /// never got it (a dead letter, a purged queue) gets it again. The epoch makes a second one harmless.
    /// </para>
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="againAt"/> is not later than <paramref name="now"/>.</exception>
    Task<IReadOnlyList<OutboxMessage>> TakeDueTimersAsync(DateTimeOffset now, DateTimeOffset againAt, int limit, CancellationToken cancellationToken);

    /// <summary>Timers of this kind that are due before <paramref name="until"/> are due then, and no earlier.</summary>
    Task DeferTimersAsync(TimerKind kind, DateTimeOffset until, CancellationToken cancellationToken);
}
