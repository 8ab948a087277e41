using System.Text.Json;
using Hypernode.Api.Http;
using Hypernode.Api.OpenApi;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Hypernode.Api.Jobs;

/// <summary>What the node signed about the last attempt: the evidence that its owner can check offline.</summary>
internal static class JobReceiptEndpoints
{
    public static void MapJobReceipt(this IEndpointRouteBuilder jobs) =>
        jobs.MapGet("/{jobId}/receipt", ReadAsync)
            .Answers<SignedReceipt>(200)
            .Refuses(404, 409)
            .WithSummary("The last attempt's receipt with the node's signature and key, whether it was paid or not: hn receipt verify FILE checks it offline.");

    private static async Task<IResult> ReadAsync(
        HttpContext context,
        string jobId,
        IEvidence evidence,
        INodeDirectory nodes,
        CancellationToken cancellationToken)
    {
        var job = context.JobOf(jobId);
        if (!JobStateNames.IsTerminal(job.State))
        {
            // Its challenge is the running lease's secret.
            context.Response.Headers.RetryAfter = "2";
            return Problem.Conflict("not-finished", $"the job is {JobSummary.StateOf(job.State)}");
        }

        var stored = await evidence.FindReceiptAsync(job.Id, job.Attempt, cancellationToken);
        var node = stored is null ? null : await nodes.FindAsync(stored.Receipt.NodeId, cancellationToken);
        return stored is null || node is null
            ? new Problem("no-receipt", StatusCodes.Status404NotFound, $"the job ended {job.State} without a receipt")
            : Results.Bytes(JsonSerializer.SerializeToUtf8Bytes(SignedReceipt.Of(stored, node), ContractJson.Options), "application/json");
    }
}

/// <param name="Signature">Base58 of the node's Ed25519 signature over <c>HYPERNODE/receipt/v1</c> and the 32 bytes of <paramref name="Hash"/>.</param>
/// <param name="NodeKey">The key that the node registered with.</param>
/// <param name="Hash">SHA-256 of the receipt's RFC 8785 form: the execution hash on chain.</param>
/// <param name="ReceivedAt">ms since the epoch, of our clock.</param>
public sealed record SignedReceipt(Receipt Receipt, string Signature, string NodeKey, string Hash, long ReceivedAt)
{
    internal static SignedReceipt Of(StoredReceipt stored, NodeView node) => new(
        stored.Receipt, stored.Signature, node.NodeKey.ToString(), stored.Receipt.Hash().ToString(), stored.ReceivedAt.ToUnixTimeMilliseconds());
}
