using System.Net;
using System.Net.Http.Json;
using System.Security.Claims;
using Hypernode.Api.Tests.Fakes;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Hypernode.Api.Tests;

[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class SignInTests(SharedHost shared) : IClassFixture<SharedHost>
{
    [Fact]
    public async Task A_wallet_signs_a_challenge_and_is_known_by_its_token()
    {
        await using var host = await ApiHost.StartAsync();
        var alice = await host.SignInAsync(TestWallet.Alice);

        var answer = await alice.PostAsync("/api/auth/verify", null);

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        var json = await ApiHost.JsonOfAsync(answer);
        json["wallet"]!.GetValue<string>().ShouldBe(TestWallet.Alice.Address.ToString());
        json["expiresAt"]!.GetValue<long>().ShouldBe(host.Clock.Now.AddHours(1).ToUnixTimeMilliseconds());
        host.Wallets.SignedIn.ShouldBe([TestWallet.Alice.Address]);
    }

    [Fact]
    public async Task The_challenge_names_network_and_wallet()
    {
        await using var host = await ApiHost.StartAsync();

        var text = await ChallengeAsync(host, TestWallet.Alice);

        text.ShouldContain("Network: localnet\n");
        text.ShouldContain($"Wallet: {TestWallet.Alice.Address}\n");
        text.ShouldEndWith("It moves no money.");
    }

    [Fact]
    public async Task A_challenge_works_once()
    {
        await using var host = await ApiHost.StartAsync();
        var text = await ChallengeAsync(host, TestWallet.Alice);

        (await LoginAsync(host, TestWallet.Alice, text, TestWallet.Alice.Sign(text))).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await LoginAsync(host, TestWallet.Alice, text, TestWallet.Alice.Sign(text))).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_challenge_expires_after_five_minutes()
    {
        await using var host = await ApiHost.StartAsync();
        var text = await ChallengeAsync(host, TestWallet.Alice);
        host.Clock.Now += TimeSpan.FromMinutes(5);

        (await LoginAsync(host, TestWallet.Alice, text, TestWallet.Alice.Sign(text))).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_stranger_can_neither_answer_a_challenge_nor_use_it_up()
    {
        await using var host = await ApiHost.StartAsync();
        var text = await ChallengeAsync(host, TestWallet.Alice);

        (await LoginAsync(host, TestWallet.Alice, text, TestWallet.Bob.Sign(text))).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await LoginAsync(host, TestWallet.Bob, text, TestWallet.Bob.Sign(text))).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await LoginAsync(host, TestWallet.Alice, text, TestWallet.Alice.Sign(text))).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_text_of_the_clients_own_is_no_challenge()
    {
        await using var host = await ApiHost.StartAsync();

        var answer = await LoginAsync(host, TestWallet.Alice, "let me in", TestWallet.Alice.Sign("let me in"));

        answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        host.Wallets.SignedIn.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("{}", "/wallet")]
    [InlineData("""{"wallet":7}""", "/wallet")]
    [InlineData("""{"wallet":"0x12"}""", "/wallet")]
    [InlineData("""{"wallet":"9xQeWvG816bUx9EPjHmaT23yvVM2ZWbrrpZb9PusVFin","admin":true}""", "/admin")]
    public async Task A_malformed_challenge_request_is_refused_by_its_field(string body, string pointer)
    {
        var host = shared.Host;

        var answer = await host.Anonymous.PostAsync("/api/auth/challenge", ApiHost.Json(body));

        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await ApiHost.JsonOfAsync(answer))["errors"]![0]!["pointer"]!.GetValue<string>().ShouldBe(pointer);
        host.Wallets.Challenges.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_token_expires()
    {
        await using var host = await ApiHost.StartAsync();
        var alice = await host.SignInAsync(TestWallet.Alice);
        (await alice.GetAsync("/api/jobs")).StatusCode.ShouldBe(HttpStatusCode.OK);

        host.Clock.Now += TimeSpan.FromMinutes(60);

        (await alice.GetAsync("/api/jobs")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_token_that_was_tampered_with_is_refused()
    {
        await using var host = await ApiHost.StartAsync();
        var parts = (await host.TokenOfAsync(TestWallet.Alice)).Split('.');
        var forBob = Base64UrlEncoder.Encode(Base64UrlEncoder.Decode(parts[1])
            .Replace(TestWallet.Alice.Address.ToString(), TestWallet.Bob.Address.ToString(), StringComparison.Ordinal));

        await ShouldBeRefused(host, $"{parts[0]}.{forBob}.{parts[2]}");
    }

    [Fact]
    public async Task A_token_without_a_signature_is_refused()
    {
        await using var host = await ApiHost.StartAsync();
        var parts = (await host.TokenOfAsync(TestWallet.Alice)).Split('.');

        await ShouldBeRefused(host, $"{Base64UrlEncoder.Encode("""{"alg":"none","typ":"JWT"}""")}.{parts[1]}.");
        await ShouldBeRefused(host, $"{Base64UrlEncoder.Encode("""{"alg":"none","typ":"JWT"}""")}.{parts[1]}.{parts[2]}");
    }

    [Theory]
    [InlineData("hypernode", "hypernode:localnet", SecurityAlgorithms.HmacSha256, 0, true)]
    [InlineData("hypernode", "hypernode:mainnet", SecurityAlgorithms.HmacSha256, 0, false)]
    [InlineData("somebody", "hypernode:localnet", SecurityAlgorithms.HmacSha256, 0, false)]
    [InlineData("hypernode", "hypernode:localnet", SecurityAlgorithms.HmacSha256, 10, false)]
    [InlineData("hypernode", "hypernode:localnet", SecurityAlgorithms.HmacSha256, -90, false)]
    public async Task Only_tokens_of_this_network_in_their_time_are_taken(string issuer, string audience, string algorithm, int minutesFromNow, bool taken)
    {
        var host = shared.Host;
        var token = Forge(host, await File.ReadAllBytesAsync(host.TokenKeyFile), issuer, audience, algorithm, minutesFromNow);

        (await host.WithToken(token).GetAsync("/api/jobs")).StatusCode.ShouldBe(taken ? HttpStatusCode.OK : HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_token_of_another_key_is_refused()
    {
        await using var host = await ApiHost.StartAsync();

        await ShouldBeRefused(host, Forge(host, new byte[32], "hypernode", "hypernode:localnet", SecurityAlgorithms.HmacSha256, 0));
        await ShouldBeRefused(host, "not.a.token");
    }

    [Fact]
    public async Task The_token_key_is_made_once_and_for_its_owner_alone()
    {
        await using var host = await ApiHost.StartAsync();
        await host.TokenOfAsync(TestWallet.Alice);

        File.GetUnixFileMode(host.TokenKeyFile).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        (await File.ReadAllBytesAsync(host.TokenKeyFile)).Length.ShouldBe(32);
        Directory.GetFiles(Path.GetDirectoryName(host.TokenKeyFile)!).ShouldBe([host.TokenKeyFile, $"{host.TokenKeyFile}.lock"], ignoreOrder: true, "no draft stays");
    }

    [Fact]
    public void A_token_key_that_others_may_read_is_not_used()
    {
        var path = Path.Combine(Directory.CreateTempSubdirectory("hypernode-key-").FullName, "token.key");
        File.WriteAllBytes(path, new byte[32]);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        var file = new Adapters.TokenKeyFile(Microsoft.Extensions.Options.Options.Create(new ApiOptions { TokenKeyFile = path }));

        Should.Throw<InvalidOperationException>(() => file.Key).Message.ShouldContain("0600");
        Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
    }

    private static string Forge(ApiHost host, byte[] key, string issuer, string audience, string algorithm, int minutesFromNow)
    {
        var from = host.Clock.Now.AddMinutes(minutesFromNow).UtcDateTime;
        return new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(new SecurityTokenDescriptor
        {
            Issuer = issuer,
            Audience = audience,
            Subject = new ClaimsIdentity([new Claim("sub", TestWallet.Alice.Address.ToString())]),
            NotBefore = from,
            Expires = from.AddHours(1),
            SigningCredentials = new SigningCredentials(new SymmetricSecurityKey(key), algorithm),
        });
    }

    private static async Task ShouldBeRefused(ApiHost host, string token)
    {
        var answer = await host.WithToken(token).GetAsync("/api/jobs");
        answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        answer.Headers.WwwAuthenticate.ToString().ShouldBe("Bearer");
    }

    private static async Task<string> ChallengeAsync(ApiHost host, TestWallet wallet) =>
        (await ApiHost.JsonOfAsync(await host.Anonymous.PostAsJsonAsync("/api/auth/challenge", new { wallet = wallet.Address.ToString() })))["challenge"]!
            .GetValue<string>();

    private static Task<HttpResponseMessage> LoginAsync(ApiHost host, TestWallet wallet, string challenge, string signature) =>
        host.Anonymous.PostAsJsonAsync("/api/auth/login", new { wallet = wallet.Address.ToString(), challenge, signature });
}
