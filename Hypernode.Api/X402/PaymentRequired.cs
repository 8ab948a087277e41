using System.Text.Json.Serialization;
using Hypernode.Api.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Hypernode.Api.X402;

/// <summary>
/// 402 in three tongues at once: x402 v2 in the header <c>PAYMENT-REQUIRED</c>, x402 v1 in the body (<c>x402Version</c>,
/// <c>error</c>, <c>accepts</c>), and a problem of RFC 9457 in the same body.
/// </summary>
/// <param name="Detail">For people.</param>
/// <param name="X402Version">1: the body's own.</param>
/// <param name="Error">x402's code of what was wrong with the payment, or a sentence where there was none.</param>
/// <param name="Accepts">How it can be paid by a v1 client; empty when this intent can't be paid for any more.</param>
/// <param name="Next">How it can be paid without x402.</param>
public sealed record PaymentRequired(
    string Detail,
    [property: JsonPropertyName("x402Version")] int X402Version,
    string Error,
    IReadOnlyList<RequirementV1> Accepts,
    PaymentAdvice? Next = null) : IResult
{
    public string Type { get; } = "urn:hypernode:problem:payment-required";

    public int Status { get; } = StatusCodes.Status402PaymentRequired;

    public string Title { get; } = ReasonPhrases.GetReasonPhrase(StatusCodes.Status402PaymentRequired);

    /// <summary>The v2 document.</summary>
    [JsonIgnore]
    public PaymentRequiredV2? V2 { get; init; }

    /// <summary>Accounts of offers were opened, as was asked for.</summary>
    [JsonIgnore]
    public bool HasOpened { get; init; }

    /// <summary>How a payment that was sent ended.</summary>
    [JsonIgnore]
    public (string Header, SettlementAnswer Answer)? Settlement { get; init; }

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = Status;
        if (V2 is not null)
        {
            response.Headers[X402Headers.Required] = X402Headers.Encode(V2);
        }

        if (HasOpened)
        {
            response.Headers["Preference-Applied"] = AccountOpenings.Preference;
        }

        if (Settlement is { } settlement)
        {
            response.Headers[settlement.Header] = X402Headers.Encode(settlement.Answer);
        }

        await response.WriteAsJsonAsync(this, ApiJson.Options, Problem.ContentType, httpContext.RequestAborted);
    }
}

/// <summary>x402 v1: one way to pay.</summary>
/// <param name="MaxAmountRequired">Base units of the asset.</param>
/// <param name="PayTo">An address that commits to the terms of the payment, its payer included.</param>
public sealed record RequirementV1(
    string Scheme,
    string Network,
    string MaxAmountRequired,
    string Resource,
    string Description,
    string MimeType,
    string PayTo,
    int MaxTimeoutSeconds,
    string Asset,
    RequirementExtra Extra);

/// <summary>x402 v2: the document of the header.</summary>
public sealed record PaymentRequiredV2(
    [property: JsonPropertyName("x402Version")] int X402Version,
    string Error,
    ResourceV2 Resource,
    IReadOnlyList<RequirementV2> Accepts);

public sealed record ResourceV2(string Url, string Description, string MimeType);

/// <summary>x402 v2: one way to pay.</summary>
/// <param name="Scheme"><c>exact</c>: a plain transfer. <c>hypernode-intent</c>: a signature over the intent's text, see <c>next</c> in the body.</param>
/// <param name="Amount">Base units of the asset.</param>
public sealed record RequirementV2(
    string Scheme,
    string Network,
    string Amount,
    string Asset,
    string PayTo,
    int MaxTimeoutSeconds,
    RequirementExtra Extra);

/// <param name="FeePayer">Signs the transfer last, and pays its fee.</param>
/// <param name="Memo">Goes into the transfer where a client can put it there.</param>
/// <param name="Prepare">The route that makes an intent to sign.</param>
/// <param name="SigningText">What a <c>hypernode-intent</c> signs, as UTF-8.</param>
public sealed record RequirementExtra(string? FeePayer = null, string? Memo = null, string? Prepare = null, string? SigningText = null);

/// <summary>What became of a payment, in <c>PAYMENT-RESPONSE</c> or <c>X-PAYMENT-RESPONSE</c>.</summary>
/// <param name="Transaction">Its id on chain; empty while that is not known.</param>
/// <param name="ErrorReason"><c>settlement_pending</c>: it may have happened or may still happen, and is looked after here. Pay no second time.</param>
public sealed record SettlementAnswer(bool Success, string Transaction, string Network, string Payer, string? ErrorReason = null);
