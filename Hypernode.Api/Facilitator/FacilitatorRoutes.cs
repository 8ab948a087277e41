using Hypernode.Api.X402;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Hypernode.Api.Facilitator;

/// <summary>White paper §7.3, "Facilitator (x402)".</summary>
internal static class FacilitatorRoutes
{
    public const string Root = "/api/facilitator";
    public const string PrepareIntent = $"{Root}/prepare-intent";

    public static void MapFacilitator(this IEndpointRouteBuilder app)
    {
        var facilitator = app.MapGroup(Root).WithTags("Facilitator");
        facilitator.MapPrepareIntent();
        facilitator.MapSubmitJob();
        facilitator.MapRegisterNode();
        facilitator.MapCompleteJob();
        facilitator.MapClaimRewards();
        facilitator.MapPaymentIntents();
        facilitator.MapX402Facilitator();
    }
}
