using Hypernode.Contracts.Intents;

namespace Hypernode.Contracts.Ports;

/// <summary>Users and the challenges that they sign in with.</summary>
public interface IWalletDirectory
{
    Task AddChallengeAsync(string challenge, WalletAddress wallet, DateTimeOffset expiresAt, CancellationToken cancellationToken);

    /// <summary>Takes it away: a challenge works once. False when it is unknown, expired, used, or another wallet's.</summary>
    Task<bool> TakeChallengeAsync(string challenge, WalletAddress wallet, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Makes the user at the first sign-in, and notes the sight.</summary>
    Task SignedInAsync(WalletAddress wallet, DateTimeOffset at, CancellationToken cancellationToken);
}
