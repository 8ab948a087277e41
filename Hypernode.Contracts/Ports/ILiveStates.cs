using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Money;

namespace Hypernode.Contracts.Ports;

/// <summary>
/// What is shown live and has no history of its own (a node, the network, a wallet): the last state that was shown, with a number that
/// rises by one at each other one. The number is the row's, so it means the same on every host and after a restart.
/// </summary>
public interface ILiveStates
{
    /// <summary>Null: none was ever shown.</summary>
    Task<LiveState?> FindAsync(string topic, CancellationToken cancellationToken);

    /// <summary>
    /// Writes the next state, unless somebody else did since <paramref name="seen"/>. Who reads the last state first, then what it
    /// shows, and then writes, never puts an older view over a newer one.
    /// </summary>
    /// <param name="seen">The number that was found; 0: none.</param>
    /// <returns>False: somebody else wrote; read again.</returns>
    Task<bool> AdvanceAsync(string topic, long seen, string body, CancellationToken cancellationToken);

    Task<NetworkCounts> CountsAsync(CancellationToken cancellationToken);

    Task<WalletSums> SumsAsync(WalletAddress wallet, CancellationToken cancellationToken);
}

public sealed record LiveState(long Seq, string Body);

public sealed record NetworkCounts(int ActiveNodes, long RunningJobs, long TotalJobs);

/// <param name="Earned">By the wallet's nodes, in HYPER.</param>
/// <param name="Mints">What its jobs moved, by mint.</param>
public sealed record WalletSums(HyperAmount Earned, IReadOnlyList<MintSums> Mints);

/// <param name="Mint">Null: HYPER.</param>
/// <param name="Locked">In the escrow of jobs that have not ended.</param>
/// <param name="Spent">Charged for jobs that have.</param>
/// <param name="Refunded">What came back.</param>
public sealed record MintSums(string? Mint, HyperAmount Locked, HyperAmount Spent, HyperAmount Refunded);
