using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Ports;

namespace Hypernode.Storage.Shared;

internal sealed class WalletDirectory(Database database, IIdSource ids, TimeProvider clock) : IWalletDirectory
{
    private const int LiveChallenges = 16;

    // All live equally long: the one that expires first is the oldest.
    private const string MakeRoom = """
        delete from auth_challenges where wallet = @wallet and challenge not in (
            select challenge from auth_challenges where wallet = @wallet order by expires_at desc, challenge limit @kept)
        """;

    /// <summary>Anybody may ask for challenges, in any number and without ever signing in: what nobody can use goes here.</summary>
    public Task AddChallengeAsync(string challenge, WalletAddress wallet, DateTimeOffset expiresAt, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async session =>
            {
                await DropExpiredAsync(session, clock.GetUtcNow());
                await session.ExecuteAsync(MakeRoom, ("wallet", wallet), ("kept", LiveChallenges - 1));
                return await session.ExecuteAsync(
                    "insert into auth_challenges (challenge, wallet, expires_at) values (@challenge, @wallet, @expires_at)",
                    ("challenge", challenge),
                    ("wallet", wallet),
                    ("expires_at", expiresAt));
            },
            cancellationToken);

    public Task<bool> TakeChallengeAsync(string challenge, WalletAddress wallet, DateTimeOffset now, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async session =>
            {
                await DropExpiredAsync(session, now);
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

    private static Task<int> DropExpiredAsync(Session session, DateTimeOffset now) =>
        session.ExecuteAsync("delete from auth_challenges where expires_at <= @now", ("now", now));
}
