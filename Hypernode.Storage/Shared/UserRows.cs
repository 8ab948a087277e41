using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Ports;

namespace Hypernode.Storage.Shared;

internal static class UserRows
{
    /// <summary>Makes the wallet's user if there is none.</summary>
    public static Task EnsureAsync(Session session, IIdSource ids, WalletAddress wallet, DateTimeOffset at) => session.ExecuteAsync(
        "insert into users (id, wallet_address, created_at) values (@id, @wallet, @at) on conflict (wallet_address) do nothing",
        ("id", ids.NewId()),
        ("wallet", wallet),
        ("at", at));
}
