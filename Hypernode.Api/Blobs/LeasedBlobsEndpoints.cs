using System.Security.Claims;
using Hypernode.Api.Http;
using Hypernode.Api.OpenApi;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Hypernode.Api.Blobs;

/// <summary>What a node that holds a live lease may do: read its job's inputs, and store its outputs.</summary>
internal static class LeasedBlobsEndpoints
{
    /// <summary>What a hash names never changes; and it is the lease holder's alone to keep.</summary>
    private const string ForEver = "private, max-age=31536000, immutable";

    public static void MapLeasedBlobs(this RouteGroupBuilder blobs)
    {
        blobs.MapGet("/{sha256}", ReadAsync)
            .AnswersFile()
            .Refuses(404, 429)
            .WithSummary("An input of the job whose lease the caller's node holds (?job=, ?attempt=); by ranges, if wanted.");
        blobs.MapPut("/{sha256}", StoreAsync)
            .WithMetadata(new BodyLimit(OutputBudgets.LargestBytes))
            .Answers<BlobAnswer>(201)
            .Refuses(400, 404, 411, 413, 429)
            .WithSummary("An output of the job whose lease the caller's node holds (?job=, ?attempt=): the raw body, which must have this hash.");
    }

    private static async Task<IResult> ReadAsync(
        HttpContext context,
        ClaimsPrincipal user,
        string sha256,
        string? job,
        string? attempt,
        LeaseAccess leases,
        IBlobStore blobs,
        CancellationToken cancellationToken)
    {
        var held = await leases.FindAsync(user.Wallet(), job, attempt, cancellationToken);
        if (held is null || !Hash256.TryParse(sha256, null, out var hash) || held.Spec.Inputs?.Any(i => i.Sha256 == hash) != true)
        {
            return Problem.NotFound("file");
        }

        var content = await blobs.OpenAsync(hash, cancellationToken);
        if (content is null)
        {
            return Problem.NotFound("file");
        }

        context.Response.Headers.CacheControl = ForEver;
        return new Download(content, null, hash.ToString());
    }

    private static async Task<IResult> StoreAsync(
        HttpRequest request,
        ClaimsPrincipal user,
        string sha256,
        string? job,
        string? attempt,
        LeaseAccess leases,
        OutputBudgets budgets,
        IBlobStore blobs,
        CancellationToken cancellationToken)
    {
        var held = await leases.FindAsync(user.Wallet(), job, attempt, cancellationToken);
        if (held is null)
        {
            return Problem.NotFound("lease of this node");
        }

        if (!Hash256.TryParse(sha256, null, out var hash))
        {
            return Problem.InvalidField("?sha256", "malformed", "must be 64 lower-case hex characters");
        }

        if (request.ContentLength is not { } length)
        {
            return new Problem("length-required", StatusCodes.Status411LengthRequired, "say the file's length: Content-Length");
        }

        using var reserved = budgets.Reserve(held, hash, length);
        if (reserved is null)
        {
            return new Problem(
                "output-limit",
                StatusCodes.Status413PayloadTooLarge,
                $"the job may leave {OutputBudgets.BytesOf(held.Spec)} bytes in {OutputBudgets.MaxFiles} files, and this would be more");
        }

        try
        {
            await using var body = new CheckedBody(request.Body, hash, length);
            await blobs.PutAsync(body, length, cancellationToken);
            reserved.Keep();
            return ApiJson.Answer(new BlobAnswer(sha256, length), StatusCodes.Status201Created);
        }
        catch (InvalidDataException)
        {
            return Problem.InvalidField("?sha256", "wrong-hash", "the body is not the file of this hash and length; nothing was stored");
        }
    }
}
