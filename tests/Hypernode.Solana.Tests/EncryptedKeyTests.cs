using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Hypernode.Workers.Adapters.Solana;

namespace Hypernode.Solana.Tests;

#pragma warning disable CA1416 // these tests run on Linux
public sealed class EncryptedKeyTests : IDisposable
{
    private const string Password = "correct horse battery";
    private const int Cheap = 100_000;

    private readonly TempFolder folder = new();
    private readonly Account account = new();

    private string File0 => Path.Combine(folder.Path, "relayer.json");

    [Fact]
    public void What_was_locked_opens_with_the_password_alone()
    {
        EncryptedKeyFile.Create(File0, account, Password, Cheap);
        using var opened = EncryptedKeyFile.Load(File0, Password);
        opened.PublicKey.ShouldBe(account.PublicKey);
        opened.Sign("x"u8).ShouldBe(account.Sign("x"u8));
        var error = Should.Throw<CryptographicException>(() => EncryptedKeyFile.Load(File0, "wrong horse battery"));
        error.ToString().ShouldNotContain("horse");
        File.GetUnixFileMode(File0).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Directory.GetFiles(folder.Path).Length.ShouldBe(1);
        Should.Throw<IOException>(() => EncryptedKeyFile.Create(File0, account, Password, Cheap));
    }

    [Fact]
    public void The_secret_is_nowhere_in_the_file()
    {
        EncryptedKeyFile.Create(File0, account, Password, Cheap);
        var secret = account.ExportSecretKey()[..32];
        var text = File.ReadAllText(File0);
        text.ShouldContain(account.PublicKey.Key);
        text.ShouldNotContain(Convert.ToBase64String(secret)[..40]);
        text.ShouldNotContain(Base58.Encode(secret));
        JsonNode.Parse(text)!["version"]!.GetValue<int>().ShouldBe(1);
    }

    [Theory]
    [InlineData("publicKey")]
    [InlineData("salt")]
    [InlineData("nonce")]
    [InlineData("tag")]
    [InlineData("secret")]
    [InlineData("iterations")]
    public void Any_change_keeps_it_shut(string field)
    {
        EncryptedKeyFile.Create(File0, account, Password, Cheap);
        Edit(json => json[field] = field switch
        {
            "publicKey" => TokenProgram.ProgramIdKey.Key,
            "iterations" => Cheap + 1,
            _ => Flip(json[field]!.GetValue<string>()),
        });
        Should.Throw<CryptographicException>(() => EncryptedKeyFile.Load(File0, Password));
    }

    [Theory]
    [InlineData("version", "2", "version 2")]
    [InlineData("iterations", "1000", "too cheap")]
    [InlineData("iterations", "2000000000", "no encrypted key file")]
    [InlineData("kdf", "\"md5\"", "no encrypted key file")]
    [InlineData("cipher", "\"rot13\"", "no encrypted key file")]
    [InlineData("salt", "\"\"", "no encrypted key file")]
    [InlineData("salt", "null", "no encrypted key file")]
    [InlineData("secret", "7", "no encrypted key file")]
    public void Another_format_is_refused_by_name_before_a_password_is_tried(string field, string value, string reason)
    {
        EncryptedKeyFile.Create(File0, account, Password, Cheap);
        Edit(json => json[field] = JsonNode.Parse(value));
        Should.Throw<FormatException>(() => EncryptedKeyFile.Load(File0, Password)).Message.ShouldContain(reason);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("{\"secret words\"")]
    [InlineData("[1,2,3]")]
    [InlineData("null")]
    public void What_is_no_key_file_is_named_and_not_quoted(string content)
    {
        File.WriteAllText(File0, content);
        File.SetUnixFileMode(File0, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var error = Should.Throw<FormatException>(() => EncryptedKeyFile.Load(File0, Password));
        error.Message.ShouldContain(File0);
        error.ToString().ShouldNotContain("secret words");
    }

    [Fact]
    public void A_file_that_others_may_read_is_refused()
    {
        EncryptedKeyFile.Create(File0, account, Password, Cheap);
        File.SetUnixFileMode(File0, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        Should.Throw<FormatException>(() => EncryptedKeyFile.Load(File0, Password)).Message.ShouldContain("chmod 600");
    }

    [Fact]
    public void Short_passwords_and_cheap_costs_are_refused()
    {
        Should.Throw<ArgumentException>(() => EncryptedKeyFile.Create(File0, account, "elevenchars"));
        Should.Throw<ArgumentException>(() => EncryptedKeyFile.Create(File0, account, Password, 99_999));
        File.Exists(File0).ShouldBeFalse();
    }

    [Fact]
    public void A_password_comes_from_a_file_of_its_owner()
    {
        var path = Path.Combine(folder.Path, "password");
        File.WriteAllText(path, Password + "\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead);
        EncryptedKeyFile.ReadPassword(path).ShouldBe(Password);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        Should.Throw<FormatException>(() => EncryptedKeyFile.ReadPassword(path)).Message.ShouldNotContain("horse");
    }

    [Fact]
    public void The_control_planes_keys_are_all_encrypted_or_all_plain()
    {
        using (var made = ChainKeys.LoadOrCreate(folder.Path, Password))
        using (var again = ChainKeys.LoadOrCreate(folder.Path, Password))
        {
            again.Relayer.PublicKey.ShouldBe(made.Relayer.PublicKey);
            Directory.GetFiles(folder.Path).ShouldAllBe(f => EncryptedKeyFile.IsOne(f));
        }

        Should.Throw<FormatException>(() => ChainKeys.LoadOrCreate(folder.Path)).Message.ShouldContain("is encrypted");
        using var plain = new TempFolder();
        ChainKeys.LoadOrCreate(plain.Path).Dispose();
        Should.Throw<FormatException>(() => ChainKeys.LoadOrCreate(plain.Path, Password)).Message.ShouldContain("is a plain key file");
    }

    [Fact]
    public async Task A_signer_elsewhere_signs_a_transaction()
    {
        using var http = new HttpClient(new SigningService(account));
        var transaction = await Builder().BuildAsync([new HttpSigner(http, new Uri("https://signer.test/sign"), account.PublicKey, "s3cr3t")]);
        transaction.VerifySignatures().ShouldBeTrue();
    }

    [Theory]
    [InlineData("other", "another key's signature")]
    [InlineData("garbage", "something else than a signature")]
    [InlineData("refuse", "HTTP 403")]
    [InlineData("reset", "connection reset")]
    public async Task A_signer_that_misbehaves_is_named_and_its_token_is_not(string behaviour, string reason)
    {
        using var http = new HttpClient(new SigningService(account, behaviour));
        var error = await Should.ThrowAsync<IOException>(() => Builder().BuildAsync([new HttpSigner(http, new Uri("https://signer.test/sign/s3cr3t"), account.PublicKey, "s3cr3t")]));
        error.Message.ShouldContain(reason);
        error.Message.ShouldContain("https://signer.test ");
        error.ToString().ShouldNotContain("s3cr3t");
    }

    private TransactionBuilder Builder() => new TransactionBuilder()
        .SetFeePayer(account.PublicKey).SetRecentBlockHash("GHtXQBsoZHVnNFa9YevAzFr17DJjgHXk3ycTKD5xD3Zi").AddInstruction(MemoProgram.NewMemo("x"));

    private void Edit(Action<JsonNode> edit)
    {
        var json = JsonNode.Parse(File.ReadAllText(File0))!;
        edit(json);
        File.WriteAllText(File0, json.ToJsonString());
    }

    private static string Flip(string base64)
    {
        var bytes = Convert.FromBase64String(base64);
        bytes[0] ^= 1;
        return Convert.ToBase64String(bytes);
    }

    public void Dispose()
    {
        account.Dispose();
        folder.Dispose();
    }

    private sealed class SigningService(Account account, string behaviour = "honest") : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.Headers.Authorization!.Parameter.ShouldBe("s3cr3t");
            var asked = JsonNode.Parse(await request.Content!.ReadAsStringAsync(cancellationToken))!;
            var message = Convert.FromBase64String(asked["message"]!.GetValue<string>());
            using var other = new Account();
            var answer = behaviour switch
            {
                "honest" => $$"""{"signature":"{{Convert.ToBase64String(account.Sign(message))}}"}""",
                "other" => $$"""{"signature":"{{Convert.ToBase64String(other.Sign(message))}}"}""",
                "reset" => throw new HttpRequestException("connection reset"),
                _ => "[]",
            };
            return new HttpResponseMessage(behaviour == "refuse" ? HttpStatusCode.Forbidden : HttpStatusCode.OK) { Content = new StringContent(answer, Encoding.UTF8, "application/json") };
        }
    }
}

public class FeePayerTests
{
    private readonly FakeRpc rpc = new();
    private readonly SkippingTime time = new();
    private readonly CapturedLog<FeePayerBudget> log = new();

    [Fact]
    public async Task The_alarm_comes_before_the_purse_is_dry_and_once()
    {
        using var payer = new Account();
        var budget = new FeePayerBudget(rpc, payer.PublicKey, time, new FeePayerOptions { Low = 100, Critical = 10 }, log);
        budget.State.ShouldBe(FeePayerState.Unknown);
        (await LookAsync(budget, 500)).ShouldBe(FeePayerState.Fine);
        log.All.ShouldBeEmpty();
        (await LookAsync(budget, 99)).ShouldBe(FeePayerState.Low);
        (await LookAsync(budget, 98)).ShouldBe(FeePayerState.Low);
        log.All.Count.ShouldBe(1);
        log.All[0].ShouldContain("99 lamports left");
        (await LookAsync(budget, 9)).ShouldBe(FeePayerState.Critical);
        log.Errors.Single().ShouldContain("Top it up now");
        (await LookAsync(budget, 1_000)).ShouldBe(FeePayerState.Fine);
        log.All.Count.ShouldBe(3);
    }

    [Fact]
    public async Task A_look_that_fails_is_made_again_and_changes_nothing()
    {
        using var payer = new Account();
        var budget = new FeePayerBudget(rpc, payer.PublicKey, time);
        rpc.Balance = () => throw new RpcTransportException("getBalance", "reset");
        (await budget.CheckAsync()).ShouldBe(FeePayerState.Unknown);
        rpc.Balance = () => 5_000_000_000;
        (await budget.CheckAsync()).ShouldBe(FeePayerState.Fine);
        rpc.Balance = () => 0;
        (await budget.CheckAsync()).ShouldBe(FeePayerState.Fine, "not looked at again so soon");
    }

    private async Task<FeePayerState> LookAsync(FeePayerBudget budget, ulong lamports)
    {
        rpc.Balance = () => lamports;
        await Task.Delay(TimeSpan.FromMinutes(1), time);
        return await budget.CheckAsync();
    }
}
