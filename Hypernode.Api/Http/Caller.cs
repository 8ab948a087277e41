using System.Security.Claims;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;

namespace Hypernode.Api.Http;

/// <summary>Who asks, and what is theirs.</summary>
internal static class Caller
{
    /// <summary>The wallet that signed in; only behind RequireAuthorization.</summary>
    public static WalletAddress Wallet(this ClaimsPrincipal user) =>
        WalletAddress.TryParse(user.FindFirstValue("sub"), null, out var wallet)
            ? wallet
            : throw new RefusedException(new Problem("unauthorized", 401, "the token names no wallet"));

    /// <summary>The caller's own job. Somebody else's does not exist for them: a 403 would tell that it does.</summary>
    /// <exception cref="RefusedException">404.</exception>
    public static async Task<JobView> OwnJobAsync(this ClaimsPrincipal user, IJobReader jobs, string jobId, CancellationToken cancellationToken)
    {
        var wallet = user.Wallet();
        var job = JobId.TryParse(jobId, null, out var id) ? await jobs.FindAsync(id, cancellationToken) : null;
        return job is not null && job.Owner == wallet ? job : throw new RefusedException(Problem.NotFound("job"));
    }
}
