using System.Text.Json;
using Hypernode.Solana.Keys.Adapters;

namespace Hypernode.Solana.Tests;

public class KeyTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("00", "1")]
    [InlineData("0000", "11")]
    [InlineData("61", "2g")]
    [InlineData("626262", "a3gV")]
    [InlineData("73696d706c792061206c6f6e6720737472696e67", "2cFupjhnEsSn59qHXstmK2ffpLv2")]
    [InlineData("00eb15231dfceb60925886b67d065299925915aeb172c06647", "1NS17iag9jJgTHD1VXjvLCEnZuQ3rJDE9L")]
    [InlineData("00000000000000000000", "1111111111")]
    public void Base58_both_ways(string hex, string text)
    {
        Base58.Encode(Convert.FromHexString(hex)).ShouldBe(text);
        Base58.Decode(text).ShouldBe(Convert.FromHexString(hex));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("O")]
    [InlineData("l")]
    [InlineData("a b")]
    [InlineData("é")]
    public void Base58_refuses_what_is_not_in_its_alphabet(string text) => Base58.TryDecode(text, out _).ShouldBeFalse();

    [Fact]
    public void Base58_survives_random_bytes()
    {
        var random = new Random(58);
        for (var i = 0; i < 200; i++)
        {
            var bytes = new byte[random.Next(0, 100)];
            random.NextBytes(bytes);
            bytes.AsSpan(0, bytes.Length / 3).Clear();
            Base58.Decode(Base58.Encode(bytes)).ShouldBe(bytes);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("1111111111111111111111111111111")]
    [InlineData("111111111111111111111111111111111")]
    [InlineData("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5D0")]
    public void A_public_key_is_base58_of_32_bytes_and_nothing_else(string text)
    {
        PublicKey.TryParse(text, out _).ShouldBeFalse();
        Should.Throw<FormatException>(() => new PublicKey(text));
    }

    [Fact]
    public void An_associated_token_account_has_the_address_that_web3_js_gives()
    {
        var usdc = new PublicKey("EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v");
        var owner = new PublicKey("B8UwBUUnKwCyKuGMbFKWaG7exYdDk2ozZrPg72NyVbfj");
        AssociatedTokenAccountProgram.DeriveAssociatedTokenAccount(owner, usdc).Key.ShouldBe("He64k88GFSxvhGCbkrpXg5wq2PJ6GVpdnJCki4ubuFNJ");
    }

    [Fact]
    public void The_bump_is_the_highest_that_is_off_the_curve()
    {
        for (byte i = 0; i < 40; i++)
        {
            var (address, bump) = PublicKey.FindProgramAddress([[i]], TokenProgram.ProgramIdKey);
            for (var higher = 255; higher > bump; higher--)
            {
                PublicKey.TryCreateProgramAddress([[i], [(byte)higher]], TokenProgram.ProgramIdKey, out _).ShouldBeFalse();
            }

            PublicKey.TryCreateProgramAddress([[i], [bump]], TokenProgram.ProgramIdKey, out var again).ShouldBeTrue();
            again.ShouldBe(address);
        }
    }

    [Fact]
    public void A_seed_over_32_bytes_is_an_error_not_another_address() =>
        Should.Throw<ArgumentException>(() => PublicKey.FindProgramAddress([new byte[33]], TokenProgram.ProgramIdKey));

    [Fact]
    public void An_account_never_prints_its_secret()
    {
        using var account = Account.FromSeed([.. Enumerable.Range(1, 32).Select(i => (byte)i)]);
        account.ToString().ShouldBe(account.PublicKey.Key);
        $"{account}".ShouldBe(account.PublicKey.Key);
        JsonSerializer.Serialize(account).ShouldNotContain("AQIDBA");
        typeof(Account).GetProperties().Select(p => p.Name).ShouldBe(["PublicKey"]);
    }

    [Fact]
    public void A_key_file_is_the_CLIs_64_numbers_and_its_owners_alone()
    {
        using var folder = new TempFolder();
        var path = Path.Combine(folder.Path, "keys", "wallet.json");
        using var made = KeyFile.LoadOrCreate(path);
        using var again = KeyFile.LoadOrCreate(path);
        again.PublicKey.ShouldBe(made.PublicKey);
        JsonSerializer.Deserialize<int[]>(File.ReadAllText(path))!.Length.ShouldBe(64);
#pragma warning disable CA1416 // these tests run on Linux
        File.GetUnixFileMode(path).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
#pragma warning restore CA1416
        Should.Throw<IOException>(() => KeyFile.Create(path, made));
        Directory.GetFiles(Path.GetDirectoryName(path)!).Length.ShouldBe(1);
    }

    [Fact]
    public void Of_files_that_want_one_name_at_once_exactly_one_gets_it()
    {
        const int Rivals = 2;
        using var folder = new TempFolder();
        var (won, arrived) = (new int[5_000], 0);
        var threads = Enumerable.Range(0, Rivals).Select(rival => new Thread(() =>
        {
            for (var round = 0; round < won.Length; round++)
            {
                var (mine, name) = (Path.Combine(folder.Path, $"{round}-{rival}"), Path.Combine(folder.Path, $"{round}"));
                File.WriteAllText(mine, "");
                Interlocked.Increment(ref arrived);
                SpinWait.SpinUntil(() => Volatile.Read(ref arrived) >= Rivals * (round + 1));
                Interlocked.Add(ref won[round], ExclusiveMove.TryMove(mine, name) ? 1 : 0);
            }
        })).ToList();
        threads.ForEach(t => t.Start());
        threads.ForEach(t => t.Join());
        won.ShouldAllBe(winners => winners == 1);
    }

    [Fact]
    public void Two_that_make_a_key_at_once_get_the_same_one()
    {
        using var folder = new TempFolder();
        for (var round = 0; round < 100; round++)
        {
            var path = Path.Combine(folder.Path, $"wallet-{round}.json");
            var keys = new PublicKey[8];
            Parallel.For(0, keys.Length, i =>
            {
                using var account = KeyFile.LoadOrCreate(path);
                keys[i] = account.PublicKey;
            });
            keys.Distinct().Count().ShouldBe(1);
        }
    }

    [Theory]
    [InlineData("[1,2,3]")]
    [InlineData("\"secret words\"")]
    [InlineData("{")]
    [InlineData("[256,0]")]
    public void A_broken_key_file_is_named_but_not_quoted(string content)
    {
        using var folder = new TempFolder();
        var path = Path.Combine(folder.Path, "k.json");
        File.WriteAllText(path, content);
        var error = Should.Throw<FormatException>(() => KeyFile.Load(path));
        error.Message.ShouldContain(path);
        error.ToString().ShouldNotContain("secret words");
    }

    [Fact]
    public void Halves_that_do_not_belong_together_are_no_key()
    {
        using var one = new Account();
        using var other = new Account();
        Should.Throw<FormatException>(() => Account.FromSecretKey([.. one.ExportSecretKey()[..32], .. other.PublicKey.KeyBytes]));
        using var same = Account.FromSecretKey(one.ExportSecretKey());
        same.PublicKey.ShouldBe(one.PublicKey);
    }
}
