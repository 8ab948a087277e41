using System.Security.Claims;
using Hypernode.Api.Http;
using Hypernode.Api.OpenApi;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Ports;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Hypernode.Api.Facilitator;

/// <summary>
/// White paper §7.3 has nodes withdraw what they earned. Here the settlement itself pays it into the authority's own token account,
/// so nothing is ever pending and there is nothing to sign; the route says so, and what has been earned.
/// </summary>
internal static class ClaimRewardsEndpoints
{
    private const string Why =
        "each settlement pays the node's share straight into its authority's token account: nothing is held back, and there is no transaction to sign. "
        + "A stake is no reward: the node registry gives it back to its owner (request_unstake, then withdraw).";

    public static void MapClaimRewards(this IEndpointRouteBuilder app) =>
        app.MapPost("/claim-rewards", ClaimAsync)
            .Answers<RewardsAnswer>(200)
            .WithSummary("What the wallet's nodes have earned. It is the wallet's already: settlements pay directly, and nothing waits to be claimed.");

    private static async Task<IResult> ClaimAsync(ClaimsPrincipal user, INodeDirectory nodes, CancellationToken cancellationToken)
    {
        var wallet = user.Wallet();
        var own = (await nodes.ListAsync(cancellationToken)).Where(n => n.Authority == wallet).ToList();
        var earned = own.Aggregate(HyperAmount.Zero, (sum, n) => sum + n.Earned);
        return ApiJson.Answer(new RewardsAnswer(
            wallet.ToString(),
            0,
            earned.BaseUnits,
            earned.ToString(),
            [.. own.Select(n => new NodeRewards(n.Id.ToString(), n.JobsCompleted, n.Earned.BaseUnits))],
            Why));
    }
}

/// <param name="Claimable">Base units; always 0, see <paramref name="Explanation"/>.</param>
/// <param name="Earned">Base units that settlements have paid to this wallet's nodes so far.</param>
/// <param name="EarnedHyper">The same in HYPER.</param>
public sealed record RewardsAnswer(
    string Wallet, ulong Claimable, ulong Earned, string EarnedHyper, IReadOnlyList<NodeRewards> Nodes, string Explanation);

/// <param name="Earned">Base units.</param>
public sealed record NodeRewards(string NodeId, long JobsCompleted, ulong Earned);
