using Hypernode.Api.Http;
using Hypernode.Api.OpenApi;
using Hypernode.Api.Reading;
using Hypernode.Contracts.Ports;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace Hypernode.Api.X402;

/// <summary>x402's facilitator: another server's middleware asks it what it supports, whether a payment is good, and to settle it.</summary>
internal static class FacilitatorEndpoints
{
    public static void MapX402Facilitator(this IEndpointRouteBuilder app)
    {
        app.MapGet("/supported", Supported)
            .Answers<SupportedAnswer>(200)
            .WithSummary("x402: the kinds of payment that this facilitator settles.");
        app.MapPost("/verify", (HttpRequest request, TransferSettling settling, CancellationToken cancellationToken) => settling.VerifyAsync(request, cancellationToken))
            .TakesJson<FacilitatorRequest>()
            .Answers<PaymentVerifyAnswer>(200)
            .Refuses(503)
            .WithSummary("x402: whether a payment is good. Nothing is sent.");
        app.MapPost("/settle", (HttpRequest request, TransferSettling settling, CancellationToken cancellationToken) => settling.SettleAsync(request, cancellationToken))
            .TakesJson<FacilitatorRequest>()
            .Answers<SettlementAnswer>(200)
            .Refuses(503)
            .NeedsStorage()
            .WithSummary("x402: settles a payment to one of the wallets that this facilitator serves, once.");
    }

    private static IResult Supported(ITransferFacilitator transfers, IOptions<X402Options> options)
    {
        var (settings, extra) = (options.Value, new RequirementExtra(transfers.FeePayer.ToString()));
        return ApiJson.Answer(new SupportedAnswer(
            settings.FacilitatorPayTo.Count == 0 ? [] :
            [
                new SupportedKind(2, Offers.Exact, settings.Network, extra),
                new SupportedKind(1, Offers.Exact, settings.NetworkV1, extra),
            ],
            [],
            new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal) { ["solana:*"] = [transfers.FeePayer.ToString()] }));
    }
}

/// <param name="Kinds">Empty where no wallets are served.</param>
/// <param name="Signers">Fee payers, by family of networks.</param>
public sealed record SupportedAnswer(
    IReadOnlyList<SupportedKind> Kinds, IReadOnlyList<string> Extensions, IReadOnlyDictionary<string, IReadOnlyList<string>> Signers);

public sealed record SupportedKind([property: System.Text.Json.Serialization.JsonPropertyName("x402Version")] int X402Version, string Scheme, string Network, RequirementExtra Extra);

/// <param name="PaymentPayload">As the client sent it in its header, decoded.</param>
/// <param name="PaymentRequirements">The one of the server's requirements that it pays.</param>
public sealed record FacilitatorRequest(
    [property: System.Text.Json.Serialization.JsonPropertyName("x402Version")] int X402Version,
    IReadOnlyDictionary<string, object> PaymentPayload,
    IReadOnlyDictionary<string, object> PaymentRequirements);

/// <param name="InvalidReason">x402's code of the first rule that does not hold.</param>
public sealed record PaymentVerifyAnswer(bool IsValid, string? InvalidReason = null, string? InvalidMessage = null, string? Payer = null);
