using System.Globalization;
using Hypernode.Api.Http;
using Hypernode.Api.OpenApi;
using Hypernode.Api.Reading;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
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
    private const int DefaultPage = 100;
    private const int MaxPage = 500;

    /// <summary>By <see cref="NodeSort"/>.</summary>
    private static readonly string[] Sorts = ["id", "price"];

    public static void MapNodes(this IEndpointRouteBuilder app)
    {
        var nodes = app.MapGroup("/api/nodes").WithTags("Nodes");
        nodes.MapGet("/", ListAsync)
            .AnswersTagged<NodeList>()
            .Refuses(400)
            .WithSummary("Nodes, page by page: ?limit=, ?cursor=; ?status= (active unless it is said, or all), ?sort=id|price (the cheapest first).");
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

    private static async Task<IResult> ListAsync(
        string? status, string? sort, string? limit, string? cursor, INodeDirectory nodes, CancellationToken cancellationToken)
    {
        var errors = new List<FieldError>();
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
                errors.Add(new("?status", "unknown-value", $"must be all or one of {string.Join(", ", Enum.GetValues<NodeStatus>().Select(Word))}"));
            }

            wanted = known.FirstOrDefault();
        }

        var order = Array.IndexOf(Sorts, sort ?? Sorts[0]);
        if (order < 0)
        {
            errors.Add(new("?sort", "unknown-value", $"must be one of {string.Join(", ", Sorts)}"));
        }

        var size = DefaultPage;
        if (limit is not null && (!int.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out size) || size is < 1 or > MaxPage))
        {
            errors.Add(new("?limit", "out-of-range", $"must be from 1 to {MaxPage}"));
        }

        (HyperAmount, NodeId)? after = null;
        if (cursor is not null && !NodeCursor.TryRead(cursor, out after))
        {
            errors.Add(new("?cursor", "malformed", "must be the next of an earlier page"));
        }

        if (errors.Count > 0)
        {
            return Problem.InvalidFields(errors);
        }

        // One more than asked for says whether there is a next page.
        var found = await nodes.PageAsync(new NodeQuery(wanted, (NodeSort)order, after, size + 1), cancellationToken);
        var page = found.Take(size).ToList();
        return TaggedAnswer.Of(new NodeList([.. page.Select(n => NodeAnswer.Of(n))], found.Count > size ? NodeCursor.After(page[^1]) : null));
    }

    internal static string Word(NodeStatus status) => status.ToString().ToLowerInvariant();
}

/// <param name="Next">Goes into ?cursor= for the page after; absent on the last.</param>
public sealed record NodeList(IReadOnlyList<NodeAnswer> Items, string? Next = null);

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
