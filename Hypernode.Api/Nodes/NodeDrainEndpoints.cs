using Hypernode.Api.Http;
using Hypernode.Api.OpenApi;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Hypernode.Api.Nodes;

/// <summary>A node that is drained finishes what it has and gets nothing new: before an update, say. Both routes may be repeated.</summary>
internal static class NodeDrainEndpoints
{
    public static void MapNodeDrain(this IEndpointRouteBuilder nodes)
    {
        nodes.MapPost("/{nodeId}/drain", (HttpContext context, string nodeId, INodeDirectory directory, CancellationToken cancellationToken) =>
                MoveAsync(context.NodeOf(nodeId), directory, NodeStatus.Draining, [NodeStatus.Active, NodeStatus.Offline], cancellationToken))
            .Answers<NodeStatusAnswer>(200)
            .Refuses(404, 409)
            .NeedsStorage()
            .KeepsAnswers()
            .WithSummary("The node gets no new jobs; what it has it may finish.");
        nodes.MapPost("/{nodeId}/undrain", (HttpContext context, string nodeId, INodeDirectory directory, CancellationToken cancellationToken) =>
                MoveAsync(context.NodeOf(nodeId), directory, NodeStatus.Active, [NodeStatus.Draining], cancellationToken))
            .Answers<NodeStatusAnswer>(200)
            .Refuses(404, 409)
            .NeedsStorage()
            .KeepsAnswers()
            .WithSummary("The node gets jobs again.");
    }

    private static async Task<IResult> MoveAsync(
        NodeView node, INodeDirectory nodes, NodeStatus to, IReadOnlyList<NodeStatus> from, CancellationToken cancellationToken)
    {
        // A sentence that is passed at the same moment stands: the status moves only from what it was.
        var moved = node.Status == to;
        foreach (var status in from)
        {
            moved = moved || await nodes.SetStatusAsync(node.Id, status, to, cancellationToken);
        }

        return moved
            ? ApiJson.Answer(new NodeStatusAnswer(node.Id.ToString(), NodesEndpoints.Word(to), node.BusySlots))
            : Problem.Conflict("wrong-status", $"the node is {NodesEndpoints.Word(node.Status)}");
    }
}

/// <param name="BusySlots">Jobs that it still has.</param>
public sealed record NodeStatusAnswer(string NodeId, string Status, int BusySlots);
