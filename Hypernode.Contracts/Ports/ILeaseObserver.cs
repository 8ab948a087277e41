namespace Hypernode.Contracts.Ports;

/// <summary>
/// Hears of leases that this host's saga has just committed. A hint that spares a question: what other hosts commit is not
/// heard, so whoever listens must be right without it too.
/// </summary>
public interface ILeaseObserver
{
    /// <summary>Called on the committing thread: it returns at once and does not throw.</summary>
    void Changed(LeaseChange lease);
}
