using Hypernode.Contracts.Intents;

namespace Hypernode.Contracts.Ports;

/// <summary>
/// What payments that are over leave on chain: an account that keeps their ids from being used twice, and whose rent comes back
/// when it is closed. The chain alone is asked: whoever loses the database still gets the rent.
/// </summary>
public interface ITombstones
{
    /// <summary>Those whose time has come, the oldest first.</summary>
    /// <param name="now">s; the chain's own clock decides in the end</param>
    /// <param name="most">how many at most</param>
    /// <exception cref="IOException">The chain can't be asked now.</exception>
    Task<IReadOnlyList<IntentId>> ClosableAsync(long now, int most, CancellationToken cancellationToken);

    /// <summary>Closes them; the answer counts those that the chain no longer has. Closing one twice changes nothing.</summary>
    /// <exception cref="IOException">The chain can't be asked now; what was sent may still happen.</exception>
    Task<int> CloseAsync(IReadOnlyList<IntentId> payments, CancellationToken cancellationToken);
}
