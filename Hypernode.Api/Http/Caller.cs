using System.Security.Claims;
using Hypernode.Api.Auth;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Ports;
using Microsoft.AspNetCore.Http;

namespace Hypernode.Api.Http;

/// <summary>Who asks, and what is theirs.</summary>
internal static class Caller
{
    /// <summary>The wallet that signed in; only where the access table lets nobody else in.</summary>
    public static WalletAddress Wallet(this ClaimsPrincipal user) =>
        WalletAddress.TryParse(user.FindFirstValue("sub"), null, out var wallet)
            ? wallet
            : throw new RefusedException(new Problem("unauthorized", 401, "the token names no wallet"));

    /// <summary>Null: nobody signed in.</summary>
    public static WalletAddress? FindWallet(this ClaimsPrincipal user) =>
        WalletAddress.TryParse(user.FindFirstValue("sub"), null, out var wallet) ? wallet : null;

    /// <summary>The job that the route is about, which the caller may see: the access table has judged.</summary>
    /// <exception cref="InvalidOperationException">The route's rule is not about this job.</exception>
    public static JobView JobOf(this HttpContext context, string jobId) =>
        context.Features.Get<Asked>()?.Job is { } job && job.Id.ToString() == jobId
            ? job
            : throw new InvalidOperationException("the access table has no job rule for this route");

    /// <summary>The node that the route is about; the access table has judged.</summary>
    /// <exception cref="InvalidOperationException">The route's rule is not about this node.</exception>
    public static NodeView NodeOf(this HttpContext context, string nodeId) =>
        context.Features.Get<Asked>()?.Nodes.FirstOrDefault(n => n.Id.ToString() == nodeId)
            ?? throw new InvalidOperationException("the access table has no node rule for this route");
}
