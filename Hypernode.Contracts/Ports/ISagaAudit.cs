namespace Hypernode.Contracts.Ports;

/// <summary>Looks for jobs that nothing would ever move again (I7): what no fault that we know of leaves behind.</summary>
public interface ISagaAudit
{
    /// <summary>
    /// At most <paramref name="limit"/> jobs that have not ended and have neither a timer nor an outbox row. Costs what the
    /// open jobs cost; those that have ended are not looked at.
    /// </summary>
    Task<IReadOnlyList<StoredSaga>> StrandedAsync(int limit, CancellationToken cancellationToken);

    /// <summary>Sets the timers, unless the job has moved since it was found.</summary>
    /// <returns>False: it has moved, and nothing was written.</returns>
    Task<bool> ReviveAsync(StoredSaga found, IReadOnlyList<TimerChange> timers, CancellationToken cancellationToken);
}
