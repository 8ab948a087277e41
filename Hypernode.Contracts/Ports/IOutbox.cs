namespace Hypernode.Contracts.Ports;

/// <summary>The outbox outside of a saga's commit: what the relay, the intake and the timers need.</summary>
public interface IOutbox
{
    Task AddAsync(IReadOnlyList<OutboxMessage> messages, CancellationToken cancellationToken);

    /// <summary>Rows older than <paramref name="olderThan"/>, oldest first: what a crash left behind.</summary>
    Task<IReadOnlyList<OutboxMessage>> LeftoversAsync(DateTimeOffset olderThan, int limit, CancellationToken cancellationToken);

    Task RemoveAsync(IReadOnlyCollection<Guid> messageIds, CancellationToken cancellationToken);

    /// <summary>
    /// Takes at most <paramref name="limit"/> timers that are due at <paramref name="now"/>: in one transaction their rows go
    /// and their events come into the outbox. Several hosts may call it at once; each timer is taken by one.
    /// </summary>
    Task<IReadOnlyList<OutboxMessage>> TakeDueTimersAsync(DateTimeOffset now, int limit, CancellationToken cancellationToken);
}
