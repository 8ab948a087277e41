using Hypernode.Api.Http;
using Hypernode.Api.OpenApi;
using Hypernode.Api.Reading;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace Hypernode.Api.Nodes;

/// <summary>The market's offers. Host names and addresses stay with us: they would be a list of targets.</summary>
internal static class NodesEndpoints
{
    public static void MapNodes(this IEndpointRouteBuilder app)
    {
        var nodes = app.MapGroup("/api/nodes").WithTags("Nodes");
        nodes.MapGet("/", ListAsync)
            .AnswersTagged<NodeList>()
            .Refuses(400)
            .WithSummary("Nodes; by default those that take jobs (status=active), status=all for every one.");
        nodes.MapGet("/{nodeId}", FindAsync)
            .AnswersTagged<NodeAnswer>()
            .Refuses(404)
            .WithSummary("One node.");
        nodes.MapNodeExplain();
        nodes.MapNodeWork();
        nodes.MapNodeDrain();
    }

    public static async Task<IResult> FindAsync(string nodeId, INodeDirectory nodes, IOptions<ApiOptions> options, CancellationToken cancellationToken)
    {
        var node = NodeId.TryParse(nodeId, null, out var id) ? await nodes.FindAsync(id, cancellationToken) : null;
        return node is null ? Problem.NotFound("node") : TaggedAnswer.Of(NodeAnswer.Of(node, options.Value));
    }

    private static async Task<IResult> ListAsync(string? status, INodeDirectory nodes, CancellationToken cancellationToken)
    {
        NodeStatus? wanted = NodeStatus.Active;
        if (status == "all")
        {
            wanted = null;
        }
        else if (status is not null)
        {
            var known = Enum.GetValues<NodeStatus>().Where(s => Word(s) == status).ToList();
            if (known.Count == 0)
            {
                return Problem.InvalidField("?status", "unknown-value", $"must be all or one of {string.Join(", ", Enum.GetValues<NodeStatus>().Select(Word))}");
            }

            wanted = known[0];
        }

        var all = await nodes.ListAsync(cancellationToken);
        return TaggedAnswer.Of(new NodeList([.. all.Where(n => wanted is null || n.Status == wanted).Select(n => NodeAnswer.Of(n))]));
    }

    internal static string Word(NodeStatus status) => status.ToString().ToLowerInvariant();
}

public sealed record NodeList(IReadOnlyList<NodeAnswer> Items);

/// <summary>A node as anyone may see it.</summary>
/// <param name="Authority">The wallet that is paid.</param>
/// <param name="PricePerSecond">Base units a second of one slot.</param>
/// <param name="Earned">Base units.</param>
/// <param name="RegisteredAt">ms since the epoch.</param>
/// <param name="LastSeenAt">ms since the epoch.</param>
/// <param name="Broker">Where its agent gets its jobs, with the node's key as the only credential; told of one node at a time. Null: not known here.</param>
/// <param name="NetworkModes"><c>none</c>, and what else the node sells of <c>allowlist</c> and <c>full</c>.</param>
public sealed record NodeAnswer(
    string NodeId,
    string NodeKey,
    string Authority,
    string Status,
    int Slots,
    int BusySlots,
    int CpuMillis,
    int MemoryMb,
    ulong PricePerSecond,
    string PricePerSecondHyper,
    IReadOnlyList<GpuAnswer> Gpus,
    IReadOnlyList<string> Images,
    long JobsCompleted,
    ulong Earned,
    long RegisteredAt,
    long? LastSeenAt,
    string? Broker = null,
    IReadOnlyList<string>? NetworkModes = null)
{
    public static NodeAnswer Of(NodeView node, ApiOptions? options = null) => new(
        node.Id.ToString(),
        node.NodeKey.ToString(),
        node.Authority.ToString(),
        NodesEndpoints.Word(node.Status),
        node.Offer.Slots,
        node.BusySlots,
        node.Offer.CpuMillis,
        node.Offer.MemoryMb,
        node.Offer.PricePerSecond.BaseUnits,
        node.Offer.PricePerSecond.ToString(),
        [.. node.Offer.Gpus.Select(g => new GpuAnswer(g.Model, g.VramMb))],
        node.Offer.Images,
        node.JobsCompleted,
        node.Earned.BaseUnits,
        node.RegisteredAt.ToUnixTimeMilliseconds(),
        node.LastSeenAt?.ToUnixTimeMilliseconds(),
        options is { NodeBroker: { Length: > 0 } broker } ? broker : null,
        [NetworkFields.Word(NetworkMode.None), .. (node.Offer.NetworkModes ?? []).Select(NetworkFields.Word)]);
}

public sealed record GpuAnswer(string Model, int VramMb);
