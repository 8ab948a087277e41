using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Ports;

namespace Hypernode.Storage.Shared;

internal sealed class WalletDirectory(Database database, IIdSource ids) : IWalletDirectory
{
    public Task AddChallengeAsync(string challenge, WalletAddress wallet, DateTimeOffset expiresAt, CancellationToken cancellationToken) =>
        database.WriteAsync(
            session => session.ExecuteAsync(
                "insert into auth_challenges (challenge, wallet, expires_at) values (@challenge, @wallet, @expires_at)",
                ("challenge", challenge),
                ("wallet", wallet),
                ("expires_at", expiresAt)),
            cancellationToken);

    public Task<bool> TakeChallengeAsync(string challenge, WalletAddress wallet, DateTimeOffset now, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async session =>
            {
                await session.ExecuteAsync("delete from auth_challenges where expires_at <= @now", ("now", now));
                return await session.ExecuteAsync(
                    "delete from auth_challenges where challenge = @challenge and wallet = @wallet",
                    ("challenge", challenge),
                    ("wallet", wallet)) == 1;
            },
            cancellationToken);

    public Task SignedInAsync(WalletAddress wallet, DateTimeOffset at, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            await UserRows.EnsureAsync(session, ids, wallet, at);
            return await session.ExecuteAsync(
                "update users set last_seen = @at where wallet_address = @wallet and (last_seen is null or last_seen < @at)",
                ("at", at),
                ("wallet", wallet));
        },
        cancellationToken);
}
