using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Hypernode.Api.Http;

/// <summary>One thing that is wrong with a body or a query.</summary>
/// <param name="Pointer">JSON pointer (RFC 6901) into the body; for a query <c>?name</c>.</param>
/// <param name="Code">Stable, for programs.</param>
/// <param name="Detail">For people.</param>
public sealed record FieldError(string Pointer, string Code, string Detail);

/// <summary>An RFC 9457 answer. Its type is <c>urn:hypernode:problem:</c> and a stable word.</summary>
public sealed record Problem(
    [property: JsonIgnore] string Kind,
    int Status,
    string Detail,
    IReadOnlyList<FieldError>? Errors = null,
    PaymentAdvice? Next = null,
    string? TraceId = null,
    [property: JsonIgnore] int? RetryAfterSeconds = null) : IResult
{
    public const string ContentType = "application/problem+json";

    public string Type => $"urn:hypernode:problem:{Kind}";

    public string Title => ReasonPhrases.GetReasonPhrase(Status);

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.StatusCode = Status;
        if (RetryAfterSeconds is { } seconds)
        {
            httpContext.Response.Headers.RetryAfter = $"{seconds}";
        }

        await httpContext.Response.WriteAsJsonAsync(this, ApiJson.Options, ContentType, httpContext.RequestAborted);
    }

    public static Problem InvalidFields(IReadOnlyList<FieldError> errors) => new(
        "invalid-field",
        StatusCodes.Status400BadRequest,
        errors.Count == 1 ? $"{errors[0].Pointer}: {errors[0].Detail}" : $"{errors.Count} fields are wrong",
        errors);

    public static Problem InvalidField(string pointer, string code, string detail) => InvalidFields([new(pointer, code, detail)]);

    public static Problem NotFound(string what) => new("not-found", StatusCodes.Status404NotFound, $"no such {what}");

    public static Problem Conflict(string kind, string detail, IReadOnlyList<FieldError>? errors = null) =>
        new(kind, StatusCodes.Status409Conflict, detail, errors);

    public static Problem TooLarge(long limit) =>
        new("too-large", StatusCodes.Status413PayloadTooLarge, $"the body may have at most {limit} bytes");
}

/// <summary>What a 402 tells a client to do.</summary>
/// <param name="Action">In a sentence.</param>
/// <param name="Prepare">The route that makes an intent to sign.</param>
/// <param name="SigningText">The text that the server rebuilt from the intent; the signature must be over exactly these UTF-8 bytes.</param>
/// <param name="Nonce">The commitment that the intent's nonce must be, for the job and the reveal that were sent.</param>
public sealed record PaymentAdvice(string Action, string Prepare, string Network, string Program, string Mint, string SigningText, string Nonce);

/// <summary>Ends a request with a problem, from wherever it was found.</summary>
public sealed class RefusedException(Problem problem) : Exception(problem.Detail)
{
    public Problem Problem { get; } = problem;
}
