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

    /// <summary>The node that speaks: the one that the caller's key signs for, or of several the one that it names.</summary>
    /// <exception cref="RefusedException">400: it is not said which; 403: the one that is named is another key's.</exception>
    public static NodeView SpeakingNode(this HttpContext context)
    {
        var own = context.Features.Get<Asked>()?.Nodes ?? [];
        var named = context.Request.Query["nodeId"].FirstOrDefault();
        if (named is null)
        {
            return own.Count == 1 ? own[0] : throw new RefusedException(Problem.InvalidField("?nodeId", "missing", "this key signs for several nodes: say which"));
        }

        return own.FirstOrDefault(n => n.Id.ToString() == named)
            ?? throw new RefusedException(new Problem("not-your-node", StatusCodes.Status403Forbidden, "this key does not sign for that node"));
    }

    /// <summary>The node that the route is about; the access table has judged.</summary>
    /// <exception cref="InvalidOperationException">The route's rule is not about this node.</exception>
    public static NodeView NodeOf(this HttpContext context, string nodeId) =>
        context.Features.Get<Asked>()?.Nodes.FirstOrDefault(n => n.Id.ToString() == nodeId)
            ?? throw new InvalidOperationException("the access table has no node rule for this route");
}
