using Hypernode.Api.Http;
using Hypernode.Api.OpenApi;
using Hypernode.Contracts.Ports;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace Hypernode.Api.Blobs;

/// <summary>
/// Payers bring inputs; a node takes and brings what the lease that it holds is about, and nothing else. Results have a route of
/// their own. Whether any other file is here nobody learns: the answer is the same 404.
/// </summary>
internal static class BlobsEndpoints
{
    public static void MapBlobs(this IEndpointRouteBuilder app, ApiOptions options)
    {
        var blobs = app.MapGroup("/api/blobs").WithTags("Blobs").AddEndpointFilter<TransferLimit>();
        blobs.MapPost("/", PutAsync)
            .WithMetadata(new BodyLimit(options.MaxBlobBytes))
            .Answers<BlobAnswer>(201)
            .Refuses(413, 429)
            .WithSummary("Stores a file (the raw body) under its own SHA-256.");
        blobs.MapLeasedBlobs();
    }

    private static async Task<IResult> PutAsync(
        HttpRequest request,
        IBlobStore blobs,
        IOptions<ApiOptions> options,
        CancellationToken cancellationToken)
    {
        var limit = options.Value.MaxBlobBytes;
        if (request.ContentLength > limit)
        {
            return Problem.TooLarge(limit);
        }

        try
        {
            var (sha256, bytes) = await blobs.PutAsync(request.Body, limit, cancellationToken);
            return ApiJson.Answer(new BlobAnswer(sha256.ToString(), bytes), StatusCodes.Status201Created);
        }
        catch (InvalidDataException)
        {
            return Problem.TooLarge(limit);
        }
    }
}

public sealed record BlobAnswer(string Sha256, long Bytes);
