using System.Text.Json;
using Hypernode.Api.Http;
using Hypernode.Api.Nodes;
using Hypernode.Api.OpenApi;
using Hypernode.Api.Reading;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Hypernode.Api.Facilitator;

/// <summary>A node reports with its signed receipt. Through the one door for what agents say: the sender is the session's node.</summary>
internal static class CompleteJobEndpoints
{
    public static void MapCompleteJob(this IEndpointRouteBuilder app) =>
        app.MapPost("/complete-job", HandleAsync)
            .WithMetadata(new BodyLimit(NodeWorkEndpoints.MaxBytes))
            .TakesJson<CompleteJobRequest>()
            .Answers<CompletedAnswer>(202)
            .Refuses(409)
            .NeedsStorage()
            .WithSummary("An attempt's receipt, signed with the node's key. 409: it is not the live lease of this node, or not signed by it.");

    private static async Task<IResult> HandleAsync(
        HttpContext context, string? nodeId, INodeIngress ingress, IEvidence evidence, CancellationToken cancellationToken)
    {
        _ = nodeId; // read with the session's nodes
        var node = context.SpeakingNode();
        var (body, errors) = await BodyReader.ReadObjectAsync(context.Request, NodeWorkEndpoints.MaxBytes, cancellationToken);
        var receipt = ReadReceipt(body);
        var signature = IntentFields.ReadSignature(body, "signature");
        body.Close();
        errors.ThrowIfAny();
        await ingress.AcceptAsync(node.Id, new AttemptReported(receipt!, signature!), cancellationToken);

        // The door drops without a word what may not be said; what was taken is stored.
        var stored = await evidence.FindReceiptAsync(receipt!.JobId, receipt.Attempt, cancellationToken);
        return stored?.Receipt.NodeId == node.Id && stored.Receipt.Hash() == receipt.Hash()
            ? ApiJson.Answer(new CompletedAnswer(receipt.JobId.ToString(), receipt.Attempt, receipt.Hash().ToString()), StatusCodes.Status202Accepted)
            : Problem.Conflict("not-taken", "this node does not hold this attempt any more, another receipt was first, or the signature is not its key's");
    }

    private static Receipt? ReadReceipt(JsonFields body)
    {
        if (body.Raw("receipt", JsonValueKind.Object, "an object") is not { } element)
        {
            return null;
        }

        try
        {
            // Whatever the types say, a stranger's JSON may leave anything out; and what can't be hashed is no receipt.
            if (element.Deserialize<Receipt>(ContractJson.Options) is { ImageDigest: not null, Artifacts: not null, GpuUuids: not null } receipt)
            {
                _ = receipt.Hash();
                return receipt;
            }
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or FormatException or ArgumentException or InvalidOperationException)
        {
            // Said below.
        }

        body.Errors.Add(body.At("receipt"), "malformed", "is no receipt");
        return null;
    }
}

/// <param name="Receipt">As in <c>GET /api/jobs/{jobId}/receipt</c>.</param>
/// <param name="Signature">64 bytes in base58, over <c>HYPERNODE/receipt/v1</c> and the 32 bytes of the receipt's hash.</param>
public sealed record CompleteJobRequest(Receipt Receipt, string Signature);

/// <param name="ReceiptHash">SHA-256 of the receipt's canonical form.</param>
public sealed record CompletedAnswer(string JobId, int Attempt, string ReceiptHash);
