using System.Security.Claims;
using Hypernode.Api.Auth;
using Hypernode.Api.Http;
using Hypernode.Api.OpenApi;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace Hypernode.Api.Live;

/// <summary>
/// <c>/ws</c>: jobs, nodes, the network, logs and balances as they move. The session's token comes with the request, as a subprotocol
/// (browsers can set nothing else), or in the first message; never in the address, which proxies and logs keep.
/// </summary>
internal static class LiveEndpoints
{
    public const string Protocol = "hypernode.v1";
    private const string TokenProtocol = "hypernode.token.";

    public static void MapLive(this IEndpointRouteBuilder app) => app.MapGet("/ws", ConnectAsync)
        .Produces(StatusCodes.Status101SwitchingProtocols)
        .Refuses(401, 403, 426, 429, 503)
        .WithTags("Live")
        .WithName("live")
        .WithSummary("A WebSocket of live events: subscribe to job:…, logs:…, node:…, network and wallet; each event has a number to resume after.");

    private static async Task<IResult> ConnectAsync(
        HttpContext context, LiveHub hub, LiveAccess access, IOptions<ApiOptions> options, CancellationToken cancellationToken)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            context.Response.Headers.Upgrade = "websocket";
            return new Problem("upgrade-required", StatusCodes.Status426UpgradeRequired, "this is a WebSocket: ask for an upgrade");
        }

        if (!IsOwn(context.Request) && !options.Value.CorsOrigins.Contains(context.Request.Headers.Origin.ToString(), StringComparer.OrdinalIgnoreCase))
        {
            return new Problem("origin-not-allowed", StatusCodes.Status403Forbidden, "pages of this origin may not call the API");
        }

        var offered = context.WebSockets.WebSocketRequestedProtocols;
        var token = offered.FirstOrDefault(p => p.StartsWith(TokenProtocol, StringComparison.Ordinal))?[TokenProtocol.Length..];
        var session = SessionOf(context.User) ?? (token is null ? null : await access.SessionOfAsync(token));
        if (session is null && (token is not null || context.Request.Headers.Authorization.Count > 0))
        {
            return new Problem("unauthorized", StatusCodes.Status401Unauthorized, "the token is not ours, or is over");
        }

        var address = LimitMiddleware.AddressOf(context.Connection.RemoteIpAddress);
        if (hub.Open(address, session?.Wallet) is { } refusal)
        {
            return refusal;
        }

        // The token is never repeated in the answer.
        using var socket = await hub.AcceptAsync(context, address, session?.Wallet, offered.Contains(Protocol) ? Protocol : null);
        await hub.RunAsync(socket, address, session, cancellationToken);
        return Results.Empty;
    }

    private static Session? SessionOf(ClaimsPrincipal user) =>
        user.Identity?.IsAuthenticated == true && user.FindFirstValue("exp") is { } expires
            ? new Session(user.Wallet(), DateTimeOffset.FromUnixTimeSeconds(long.Parse(expires)))
            : null;

    /// <summary>A page of the API's own host, or no page at all.</summary>
    private static bool IsOwn(HttpRequest request) =>
        request.Headers.Origin is not [{ Length: > 0 } origin]
        || (Uri.TryCreate(origin, UriKind.Absolute, out var uri) && uri.Authority.Equals(request.Host.Value, StringComparison.OrdinalIgnoreCase));
}
