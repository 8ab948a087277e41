using Hypernode.Api.Http;
using Hypernode.Api.OpenApi;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Hypernode.Api.Jobs;

/// <summary>The files that the paid attempt left behind, as its receipt lists them.</summary>
internal static class JobResultEndpoints
{
    public static void MapJobResult(this IEndpointRouteBuilder jobs) =>
        jobs.MapGet("/{jobId}/result", ReadAsync)
            .AnswersFile()
            .Produces<ResultList>(200, "application/json", "application/octet-stream")
            .Refuses(400, 404, 409)
            .WithSummary("The result file; ?name= where there are several, ?list=true for their names and hashes.");

    private static async Task<IResult> ReadAsync(
        HttpContext context,
        string jobId,
        string? name,
        bool? list,
        IEvidence evidence,
        IBlobStore blobs,
        CancellationToken cancellationToken)
    {
        var job = context.JobOf(jobId);
        if (!JobStateNames.IsTerminal(job.State))
        {
            context.Response.Headers.RetryAfter = "2";
            return Problem.Conflict("not-finished", $"the job is {JobSummary.StateOf(job.State)}");
        }

        // Only what was paid for is handed out: a refunded job has no result.
        var stored = job.State == JobStateNames.Paid ? await evidence.FindReceiptAsync(job.Id, job.Attempt, cancellationToken) : null;
        if (stored is null)
        {
            return new Problem("no-result", StatusCodes.Status404NotFound, $"the job ended {job.State} without a result");
        }

        var files = stored.Receipt.Artifacts;
        if (list == true)
        {
            return ApiJson.Answer(ResultList.Of(stored.Receipt));
        }

        var file = name is null && files.Count == 1 ? files[0] : files.FirstOrDefault(f => f.Name == name);
        if (file is not null)
        {
            return await OpenAsync(context, file, blobs, cancellationToken);
        }

        return name is null
            ? ApiJson.Answer(ResultList.Of(stored.Receipt))
            : new Problem("no-result", StatusCodes.Status404NotFound, "the job left no file of that name");
    }

    private static async Task<IResult> OpenAsync(HttpContext context, Artifact file, IBlobStore blobs, CancellationToken cancellationToken)
    {
        var content = await blobs.OpenAsync(file.Sha256, cancellationToken);
        if (content is null)
        {
            return new Problem("no-result", StatusCodes.Status404NotFound, "the file is not kept here any more");
        }

        context.Response.Headers["Repr-Digest"] = $"sha-256=:{Convert.ToBase64String(file.Sha256.ToBytes())}:";
        return new Download(content, file.Name, file.Sha256.ToString());
    }
}

/// <param name="ReceiptHash">SHA-256 of the receipt that lists them: the execution hash on chain.</param>
public sealed record ResultList(IReadOnlyList<ResultFile> Items, string ReceiptHash, int ExitCode)
{
    public static ResultList Of(Receipt receipt) => new(
        [.. receipt.Artifacts.Select(a => new ResultFile(a.Name, a.Sha256.ToString(), a.Bytes))],
        receipt.Hash().ToString(),
        receipt.ExitCode);
}

public sealed record ResultFile(string Name, string Sha256, long Bytes);
