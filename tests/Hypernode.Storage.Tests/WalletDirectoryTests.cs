using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Ports;
using Hypernode.Storage.Shared;
using static Hypernode.Storage.Tests.Given;

namespace Hypernode.Storage.Tests;

public sealed class SqliteWalletDirectoryTests(SqliteFixture storage) : WalletDirectoryTests(storage), IClassFixture<SqliteFixture>;

[Trait("Needs", "postgres")]
public sealed class PostgresWalletDirectoryTests(PostgresFixture storage) : WalletDirectoryTests(storage), IClassFixture<PostgresFixture>;

public abstract class WalletDirectoryTests
{
    private readonly StorageFixture _storage;
    private readonly Clock _clock = new();
    private readonly IWalletDirectory _wallets;

    protected WalletDirectoryTests(StorageFixture storage)
    {
        _storage = storage;
        _wallets = new WalletDirectory(storage.Get<Database>(), storage.Get<IIdSource>(), _clock);
    }

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
        (await _storage.CountAsync("auth_challenges", $"challenge = '{challenge}'")).ShouldBe(0);
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
    public async Task Asking_for_a_challenge_takes_everybody_s_expired_ones_away()
    {
        var (idle, expired) = (NewWallet(), NewHash().ToString());
        await _wallets.AddChallengeAsync(expired, idle, Now.AddMinutes(5), None);
        _clock.Now = Now.AddMinutes(5);

        await _wallets.AddChallengeAsync(NewHash().ToString(), NewWallet(), Now.AddMinutes(10), None);

        (await _storage.CountAsync("auth_challenges", $"wallet = '{idle}'")).ShouldBe(0);
    }

    [Fact]
    public async Task A_wallet_keeps_its_sixteen_newest_challenges_and_takes_none_of_another()
    {
        var (wallet, other) = (NewWallet(), NewWallet());
        var others = await AskAsync(other, 1);
        var asked = await AskAsync(wallet, 20);

        (await _storage.CountAsync("auth_challenges", $"wallet = '{wallet}'")).ShouldBe(16);
        (await _wallets.TakeChallengeAsync(asked[3], wallet, Now, None)).ShouldBeFalse();
        foreach (var challenge in asked[4..])
        {
            (await _wallets.TakeChallengeAsync(challenge, wallet, Now, None)).ShouldBeTrue();
        }

        (await _wallets.TakeChallengeAsync(others[0], other, Now, None)).ShouldBeTrue();
    }

    [Fact]
    public async Task The_first_sign_in_makes_the_user_and_later_ones_are_noted()
    {
        var wallet = NewWallet();
        await _wallets.SignedInAsync(wallet, Now, None);
        await _wallets.SignedInAsync(wallet, Now.AddDays(1), None);
        (await _storage.CountAsync("users", $"wallet_address = '{wallet}' and last_seen > created_at")).ShouldBe(1);
    }

    /// <summary>One after another, a second apart.</summary>
    private async Task<string[]> AskAsync(WalletAddress wallet, int count)
    {
        var challenges = Enumerable.Range(0, count).Select(_ => NewHash().ToString()).ToArray();
        foreach (var (i, challenge) in challenges.Index())
        {
            await _wallets.AddChallengeAsync(challenge, wallet, Now.AddMinutes(5).AddSeconds(i), None);
        }

        return challenges;
    }

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = Given.Now;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
