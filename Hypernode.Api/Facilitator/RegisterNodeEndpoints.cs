using System.Text;
using Hypernode.Api.Http;
using Hypernode.Api.Nodes;
using Hypernode.Api.OpenApi;
using Hypernode.Api.Reading;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace Hypernode.Api.Facilitator;

/// <summary>
/// A provider's node joins, signed by its own key and by the wallet that it earns for. That is also its way into the broker: from
/// now on it is let in with what its key signs.
/// </summary>
internal static class RegisterNodeEndpoints
{
    private static readonly TimeSpan MaxSkew = TimeSpan.FromMinutes(5);

    public static void MapRegisterNode(this IEndpointRouteBuilder app)
    {
        app.MapPost("/register-node", HandleAsync)
            .TakesJson<RegisterNodeRequest>()
            .Answers<NodeAnswer>(201)
            .Refuses(403, 409)
            .KeepsAnswers()
            .WithSummary("Registers a node, or changes its offer; signed by the node's key and its authority wallet.");
        app.MapGet("/node/{nodeId}", NodesEndpoints.FindAsync)
            .AnswersTagged<NodeAnswer>()
            .Refuses(404)
            .WithSummary("One node.");
    }

    private static async Task<IResult> HandleAsync(
        HttpRequest request,
        BodyReader reader,
        INodeDirectory nodes,
        INodeCommandSender queues,
        IEscrow escrow,
        TimeProvider time,
        IOptions<ApiOptions> options,
        CancellationToken cancellationToken)
    {
        var (body, errors) = await reader.ReadObjectAsync(request, cancellationToken);
        var read = RegistrationFields.Read(body);
        errors.ThrowIfAny();
        var (registration, nodeSignature, authoritySignature) = read!.Value;

        var now = time.GetUtcNow();
        if (Math.Abs(registration.Timestamp - now.ToUnixTimeMilliseconds()) > MaxSkew.TotalMilliseconds)
        {
            return Problem.InvalidField("/timestamp", "out-of-range", "must be within 5 minutes of our clock");
        }

        if (FindWrongSignature(registration, nodeSignature, authoritySignature, escrow) is { } wrong)
        {
            return wrong;
        }

        if (!await nodes.RegisterAsync(registration, now, cancellationToken))
        {
            return Problem.Conflict(
                "node-taken",
                "this node id belongs to another key or wallet",
                [new FieldError("/nodeId", "node-taken", "belongs to another key or wallet")]);
        }

        // Registered first: should the queue fail now, the node registers again and nothing is lost.
        await queues.EnsureQueueAsync(registration.NodeId, cancellationToken);
        var node = await nodes.FindAsync(registration.NodeId, cancellationToken)
            ?? throw new InvalidOperationException("a node that was just registered is not there");
        return new CreatedNode(NodeAnswer.Of(node, options.Value));
    }

    private static Problem? FindWrongSignature(NodeRegistration registration, string byNode, string byAuthority, IEscrow escrow)
    {
        var text = Encoding.UTF8.GetBytes(registration.ToSigningText(escrow.Deployment.Network));
        var errors = new List<FieldError>();
        if (!escrow.Verify(registration.NodeKey, text, byNode))
        {
            errors.Add(new("/nodeSignature", "wrong-signature", "is not the node key's over this registration on this network"));
        }

        if (!escrow.Verify(registration.Authority, text, byAuthority))
        {
            errors.Add(new("/authoritySignature", "wrong-signature", "is not the authority's over this registration on this network"));
        }

        return errors.Count == 0
            ? null
            : new Problem("wrong-signature", StatusCodes.Status403Forbidden, "the registration is not signed by both of its keys", errors);
    }

    private sealed record CreatedNode(NodeAnswer Node) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.Headers.Location = $"/api/nodes/{Node.NodeId}";
            return ApiJson.Answer(Node, StatusCodes.Status201Created).ExecuteAsync(httpContext);
        }
    }
}
