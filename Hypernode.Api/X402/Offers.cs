using System.Globalization;
using Hypernode.Api.Facilitator;
using Hypernode.Api.Http;
using Hypernode.Contracts.Ports;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Hypernode.Api.X402;

/// <summary>Writes what an intent can be paid with, in x402's two versions, and tells whether a payment takes one of these offers.</summary>
internal sealed class Offers(IDeposits deposits, IEscrow escrow, IOptions<X402Options> options)
{
    public const string Exact = "exact";
    public const string SignedIntent = "hypernode-intent";
    private const int VersionInBody = 1;
    private const int VersionInHeader = 2;
    private const string Json = "application/json";

    /// <param name="quotes">Empty: the intent's id was not made for it, so it can be paid for by its signature only.</param>
    public PaymentRequired Of(HttpRequest request, Submission submission, IReadOnlyList<Quote> quotes, string error, string? detail = null)
    {
        var resource = new ResourceV2(UrlOf(request), $"Run {submission.Intent.JobId}: what is not used of it goes back", Json);
        var said = detail ?? (quotes.Count == 0
            ? "sign the intent's text, or ask the prepare route for an intent with the funding x402"
            : "pay by x402, or sign the intent's text");
        return new PaymentRequired($"{error}: {said}", VersionInBody, error, [.. quotes.Select(q => ToV1(q, resource))], submission.Advice(escrow))
        {
            V2 = new PaymentRequiredV2(VersionInHeader, error, resource, [.. quotes.Select(ToV2), Intent(submission)]),
        };
    }

    /// <summary>x402's code when a payment is of another kind or network than ours.</summary>
    public string? Refuse(SentPayment sent)
    {
        var network = sent.Version == VersionInBody ? options.Value.NetworkV1 : options.Value.Network;
        return sent.Scheme != Exact ? "unsupported_scheme" : sent.Network != network ? "invalid_exact_svm_network_mismatch" : null;
    }

    public static bool IsOf(Quote quote, AcceptedRequirement accepted) =>
        accepted == new AcceptedRequirement(TextOf(quote), quote.Asset.ToString(), quote.PayTo.ToString());

    private RequirementV1 ToV1(Quote quote, ResourceV2 resource) => new(
        Exact,
        options.Value.NetworkV1,
        TextOf(quote),
        resource.Url,
        resource.Description,
        resource.MimeType,
        quote.PayTo.ToString(),
        options.Value.MaxTimeoutSeconds,
        quote.Asset.ToString(),
        ExtraOf(quote));

    private RequirementV2 ToV2(Quote quote) => new(
        Exact, options.Value.Network, TextOf(quote), quote.Asset.ToString(), quote.PayTo.ToString(), options.Value.MaxTimeoutSeconds, ExtraOf(quote));

    /// <summary>Our own scheme: no transfer, but a signature that lets the program take the amount from the wallet's allowance.</summary>
    private RequirementV2 Intent(Submission submission) => new(
        SignedIntent,
        options.Value.Network,
        submission.Intent.Amount.BaseUnits.ToString(CultureInfo.InvariantCulture),
        escrow.Deployment.Mint.ToString(),
        escrow.Deployment.Program.ToString(),
        options.Value.MaxTimeoutSeconds,
        new RequirementExtra(Prepare: FacilitatorRoutes.PrepareIntent, SigningText: submission.Intent.ToSigningText()));

    private RequirementExtra ExtraOf(Quote quote) => new(deposits.FeePayer.ToString(), quote.Terms.IntentId.ToString());

    private static string TextOf(Quote quote) => quote.Amount.BaseUnits.ToString(CultureInfo.InvariantCulture);

    /// <exception cref="RefusedException">400: it has to be said as the request names it, and that is no name.</exception>
    private string UrlOf(HttpRequest request) => options.Value.PublicUrl is { Length: > 0 } url ? $"{url.TrimEnd('/')}{request.Path}"
        : Uri.CheckHostName(request.Host.Host) == UriHostNameType.Unknown ? throw new RefusedException(new Problem("bad-host", StatusCodes.Status400BadRequest, "the header Host names no host"))
        : $"{request.Scheme}://{request.Host.Value}{request.Path}";
}
