using System.Security.Claims;
using Hypernode.Api.Adapters;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Ports;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Hypernode.Api.Auth;

/// <summary>Makes session tokens (JWT, HS256) and says which to accept: of this network, signed with our key, in their time.</summary>
internal sealed class SessionTokens(TokenKeyFile keyFile, IEscrow escrow, TimeProvider time, IIdSource ids, IOptions<ApiOptions> options)
    : IConfigureNamedOptions<JwtBearerOptions>
{
    private const string Issuer = "hypernode";

    private string Audience => $"hypernode:{escrow.Deployment.Network}";

    private SymmetricSecurityKey SigningKey => new(keyFile.Key);

    private TokenValidationParameters Parameters => new()
    {
        ValidIssuer = Issuer,
        ValidAudience = Audience,
        IssuerSigningKey = SigningKey,
        ValidAlgorithms = [SecurityAlgorithms.HmacSha256],
        RequireSignedTokens = true,
        RequireExpirationTime = true,
        NameClaimType = "sub",
        // The library would ask the machine's clock.
        LifetimeValidator = (notBefore, expires, _, _) => IsInTime(notBefore, expires, time.GetUtcNow().UtcDateTime),
    };

    public (string Token, DateTimeOffset ExpiresAt) Issue(WalletAddress wallet)
    {
        var now = time.GetUtcNow();
        var expires = now.AddMinutes(options.Value.TokenMinutes);
        var token = new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(new SecurityTokenDescriptor
        {
            Issuer = Issuer,
            Audience = Audience,
            Subject = new ClaimsIdentity([new Claim("sub", wallet.ToString()), new Claim("jti", ids.NewId().ToString())]),
            IssuedAt = now.UtcDateTime,
            NotBefore = now.UtcDateTime,
            Expires = expires.UtcDateTime,
            SigningCredentials = new SigningCredentials(SigningKey, SecurityAlgorithms.HmacSha256),
        });
        return (token, expires);
    }

    /// <summary>A token that comes some other way than in its header. Null: it is not ours, or is over.</summary>
    public async Task<Session?> ReadAsync(string token)
    {
        var read = await new JsonWebTokenHandler { MapInboundClaims = false }.ValidateTokenAsync(token, Parameters);
        return read.IsValid && WalletAddress.TryParse(read.ClaimsIdentity.FindFirst("sub")?.Value, null, out var wallet)
            ? new Session(wallet, new DateTimeOffset(read.SecurityToken.ValidTo, TimeSpan.Zero))
            : null;
    }

    public void Configure(string? name, JwtBearerOptions options) => Configure(options);

    public void Configure(JwtBearerOptions options)
    {
        options.MapInboundClaims = false;
        options.IncludeErrorDetails = false;
        options.TokenValidationParameters = Parameters;
    }

    /// <summary>Expires sharply; a minute of grace at the start, for hosts whose clocks differ.</summary>
    private static bool IsInTime(DateTime? notBefore, DateTime? expires, DateTime now) =>
        expires is not null && now < expires && (notBefore is null || notBefore <= now.AddMinutes(1));
}

/// <summary>Whose session, and until when.</summary>
internal sealed record Session(WalletAddress Wallet, DateTimeOffset ExpiresAt);
