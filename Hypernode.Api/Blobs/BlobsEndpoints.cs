using Hypernode.Api.Http;
using Hypernode.Api.OpenApi;
using Hypernode.Contracts.Ports;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace Hypernode.Api.Blobs;

/// <summary>Inputs go in here and come out in containers only; results have a route of their own.</summary>
internal static class BlobsEndpoints
{
    public static void MapBlobs(this IEndpointRouteBuilder app, ApiOptions options) =>
        app.MapPost("/api/blobs", PutAsync)
            .WithTags("Blobs")
            .WithMetadata(new BodyLimit(options.MaxBlobBytes))
            .Answers<BlobAnswer>(201)
            .Refuses(413)
            .WithSummary("Stores a file (the raw body) under its own SHA-256.");

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
