using Hypernode.Contracts.Ports;
using static Hypernode.Storage.Tests.Given;

namespace Hypernode.Storage.Tests;

public sealed class SqliteWalletDirectoryTests(SqliteFixture storage) : WalletDirectoryTests(storage), IClassFixture<SqliteFixture>;

[Trait("Needs", "postgres")]
public sealed class PostgresWalletDirectoryTests(PostgresFixture storage) : WalletDirectoryTests(storage), IClassFixture<PostgresFixture>;

public abstract class WalletDirectoryTests(StorageFixture storage)
{
    private readonly IWalletDirectory _wallets = storage.Get<IWalletDirectory>();

    [Fact]
    public async Task A_challenge_works_once()
    {
        var (wallet, challenge) = (NewWallet(), NewHash().ToString());
        await _wallets.AddChallengeAsync(challenge, wallet, Now.AddMinutes(5), None);
        var results = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Task.Run(() => _wallets.TakeChallengeAsync(challenge, wallet, Now, None))));
        results.Count(taken => taken).ShouldBe(1);
    }

    [Fact]
    public async Task An_unknown_or_expired_challenge_does_not_work()
    {
        var (wallet, challenge) = (NewWallet(), NewHash().ToString());
        (await _wallets.TakeChallengeAsync(challenge, wallet, Now, None)).ShouldBeFalse();
        await _wallets.AddChallengeAsync(challenge, wallet, Now.AddMinutes(5), None);
        (await _wallets.TakeChallengeAsync(challenge, wallet, Now.AddMinutes(5), None)).ShouldBeFalse();
        (await storage.CountAsync("auth_challenges", $"challenge = '{challenge}'")).ShouldBe(0);
    }

    [Fact]
    public async Task Another_wallet_can_neither_use_nor_spoil_a_challenge()
    {
        var (wallet, challenge) = (NewWallet(), NewHash().ToString());
        await _wallets.AddChallengeAsync(challenge, wallet, Now.AddMinutes(5), None);
        (await _wallets.TakeChallengeAsync(challenge, NewWallet(), Now, None)).ShouldBeFalse();
        (await _wallets.TakeChallengeAsync(challenge, wallet, Now, None)).ShouldBeTrue();
    }

    [Fact]
    public async Task The_first_sign_in_makes_the_user_and_later_ones_are_noted()
    {
        var wallet = NewWallet();
        await _wallets.SignedInAsync(wallet, Now, None);
        await _wallets.SignedInAsync(wallet, Now.AddDays(1), None);
        (await storage.CountAsync("users", $"wallet_address = '{wallet}' and last_seen > created_at")).ShouldBe(1);
    }
}
