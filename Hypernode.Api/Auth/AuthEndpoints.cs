using System.Security.Claims;
using System.Text;
using Hypernode.Api.Http;
using Hypernode.Api.OpenApi;
using Hypernode.Api.Reading;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Ports;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace Hypernode.Api.Auth;

/// <summary>Sign-in: a wallet signs a challenge of ours, once.</summary>
internal static class AuthEndpoints
{
    public static void MapAuth(this IEndpointRouteBuilder app)
    {
        var auth = app.MapGroup("/api/auth").WithTags("Authentication");
        auth.MapPost("/challenge", ChallengeAsync)
            .TakesJson<ChallengeRequest>()
            .Answers<ChallengeAnswer>(200)
            .WithSummary("A text for the wallet to sign; it can be answered once.");
        auth.MapPost("/login", LoginAsync)
            .TakesJson<LoginRequest>()
            .Answers<LoginAnswer>(200)
            .Refuses(401)
            .WithSummary("A session token for a signed challenge.");
        auth.MapPost("/verify", (ClaimsPrincipal user) => ApiJson.Answer(new VerifyAnswer(
                true,
                user.Wallet().ToString(),
                long.Parse(user.FindFirstValue("exp")!) * 1000)))
            .Answers<VerifyAnswer>(200)
            .WithSummary("Says whose the session token is and until when.");
    }

    private static async Task<IResult> ChallengeAsync(
        HttpRequest request,
        BodyReader reader,
        IWalletDirectory wallets,
        IEscrow escrow,
        IIdSource ids,
        TimeProvider time,
        IOptions<ApiOptions> options,
        CancellationToken cancellationToken)
    {
        var (body, errors) = await reader.ReadObjectAsync(request, cancellationToken);
        var wallet = body.Parsed<WalletAddress>("wallet", IntentFields.AddressForm);
        body.Close();
        errors.ThrowIfAny();

        var now = time.GetUtcNow();
        var expires = now.AddSeconds(options.Value.ChallengeSeconds);
        var challenge = string.Join(
            '\n',
            "HYPERNODE Sign-in",
            "",
            $"Network: {escrow.Deployment.Network}",
            $"Wallet: {wallet}",
            $"Challenge: {ids.NewSecret()}",
            $"Expires: {expires.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss.fff'Z'}",
            "",
            "By signing this message, you sign in. It moves no money.");
        await wallets.AddChallengeAsync(challenge, wallet!.Value, expires, cancellationToken);
        return ApiJson.Answer(new ChallengeAnswer(challenge, expires.ToUnixTimeMilliseconds()));
    }

    private static async Task<IResult> LoginAsync(
        HttpRequest request,
        BodyReader reader,
        IWalletDirectory wallets,
        IEscrow escrow,
        SessionTokens tokens,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        var (body, errors) = await reader.ReadObjectAsync(request, cancellationToken);
        var wallet = body.Parsed<WalletAddress>("wallet", IntentFields.AddressForm);
        var challenge = body.Text("challenge", 1_024);
        var signature = IntentFields.ReadSignature(body, "signature");
        body.Close();
        errors.ThrowIfAny();

        // The signature first: only who holds the wallet's key may use up its challenge.
        var now = time.GetUtcNow();
        if (!escrow.Verify(wallet!.Value, Encoding.UTF8.GetBytes(challenge!), signature!)
            || !await wallets.TakeChallengeAsync(challenge!, wallet.Value, now, cancellationToken))
        {
            return new Problem("sign-in-refused", StatusCodes.Status401Unauthorized, "the signature is not the wallet's, or the challenge is unknown, used or expired");
        }

        await wallets.SignedInAsync(wallet.Value, now, cancellationToken);
        var (token, expires) = tokens.Issue(wallet.Value);
        return ApiJson.Answer(new LoginAnswer(token, expires.ToUnixTimeMilliseconds()));
    }
}

/// <param name="Wallet">An address: 32 bytes in base58.</param>
public sealed record ChallengeRequest(string Wallet);

/// <param name="Challenge">The text to sign, as UTF-8.</param>
/// <param name="ExpiresAt">ms since the epoch.</param>
public sealed record ChallengeAnswer(string Challenge, long ExpiresAt);

/// <param name="Challenge">The whole text, as it was given.</param>
/// <param name="Signature">64 bytes in base58.</param>
public sealed record LoginRequest(string Wallet, string Challenge, string Signature);

/// <param name="Token">Goes into <c>Authorization: Bearer …</c>.</param>
/// <param name="ExpiresAt">ms since the epoch.</param>
public sealed record LoginAnswer(string Token, long ExpiresAt);

/// <param name="ExpiresAt">ms since the epoch.</param>
public sealed record VerifyAnswer(bool Valid, string Wallet, long ExpiresAt);
