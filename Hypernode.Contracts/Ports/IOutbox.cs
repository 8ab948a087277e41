using Hypernode.Contracts.Timers;

namespace Hypernode.Contracts.Ports;

/// <summary>The outbox outside of a saga's commit: what the relay, the intake and the timers need.</summary>
public interface IOutbox
{
    Task AddAsync(IReadOnlyList<OutboxMessage> messages, CancellationToken cancellationToken);

    /// <summary>
    /// Takes what was left behind: rows that nobody is at (no owner, or taken until <paramref name="now"/> or earlier), oldest
    /// first. They are <paramref name="owner"/>'s until <paramref name="until"/>. Several hosts may call it at once; each row is
    /// taken by one.
    /// </summary>
    Task<IReadOnlyList<OutboxMessage>> TakeLeftoversAsync(
        string owner, DateTimeOffset now, DateTimeOffset until, int limit, CancellationToken cancellationToken);

    /// <summary>Keeps rows that their owner is still at; rows that are gone or another's are left as they are.</summary>
    Task KeepAsync(string owner, IReadOnlyCollection<Guid> messageIds, DateTimeOffset until, CancellationToken cancellationToken);

    Task RemoveAsync(IReadOnlyCollection<Guid> messageIds, CancellationToken cancellationToken);

    /// <summary>
    /// Takes at most <paramref name="limit"/> timers that are due at <paramref name="now"/>, the longest overdue first: their
    /// rows become due again at <paramref name="againAt"/>, and their events are returned, each with a new message id, owned by
    /// nobody and not in the outbox (the timer's own row is what brings it again). Several hosts may call it at once; each timer
    /// is taken by one.
    /// <para>
    /// A timer is leased, not deleted (I7): a saga that handles the event sets or clears the row in its own commit; one that
    /// never got it (a dead letter, a purged queue, a crash) gets it again. The epoch makes a second one harmless.
    /// </para>
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="againAt"/> is not later than <paramref name="now"/>.</exception>
    Task<IReadOnlyList<OutboxMessage>> TakeDueTimersAsync(DateTimeOffset now, DateTimeOffset againAt, int limit, CancellationToken cancellationToken);

    /// <summary>Timers of this kind that are due before <paramref name="until"/> are due then, and no earlier.</summary>
    Task DeferTimersAsync(TimerKind kind, DateTimeOffset until, CancellationToken cancellationToken);

    /// <summary>
    /// Forgets at most <paramref name="limit"/> inbox ids older than <paramref name="before"/>. What protects a job for ever is
    /// not the inbox but its domain keys: (wallet, nonce), intent id, (job, attempt, step) and the terminal states; none of them
    /// is touched.
    /// </summary>
    /// <returns>How many went.</returns>
    Task<int> ForgetInboxAsync(DateTimeOffset before, int limit, CancellationToken cancellationToken);
}
