using System.Net;
using System.Runtime.CompilerServices;
using Hypernode.Contracts.Nodes;

namespace Hypernode.Client;

/// <summary>Nodes, and sums for everybody.</summary>
public sealed partial class HypernodeClient
{
    /// <summary>The market, page after page.</summary>
    /// <param name="status">A status, or <c>all</c>; null: those that take jobs.</param>
    /// <param name="byPrice">The cheapest first; else by id.</param>
    public async IAsyncEnumerable<NodeAnswer> NodesAsync(
        string? status = null, bool byPrice = false, int pageSize = 100, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        for (string? cursor = null; ;)
        {
            var page = await GetAsync<NodeList>(
                $"/api/nodes?limit={pageSize}&sort={(byPrice ? "price" : "id")}{(status is null ? "" : $"&status={Escaped(status)}")}{(cursor is null ? "" : $"&cursor={Escaped(cursor)}")}",
                cancellationToken);
            foreach (var node in page.Items)
            {
                yield return node;
            }

            if ((cursor = page.Next) is null)
            {
                yield break;
            }
        }
    }

    public Task<NodeAnswer> NodeAsync(string nodeId, CancellationToken cancellationToken = default) => GetAsync<NodeAnswer>(NodeRoute(nodeId), cancellationToken);

    /// <returns>Null: the API does not know it.</returns>
    public async Task<NodeAnswer?> FindNodeAsync(string nodeId, CancellationToken cancellationToken = default)
    {
        try
        {
            return await NodeAsync(nodeId, cancellationToken);
        }
        catch (RefusedException e) when (e.Status == (int)HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    /// <summary>For its owner and itself.</summary>
    public Task<NodeExplanation> ExplainNodeAsync(string nodeId, CancellationToken cancellationToken = default) =>
        GetAsync<NodeExplanation>($"{NodeRoute(nodeId)}/explain", cancellationToken);

    /// <summary>A drained node finishes what it has and gets nothing new; undraining takes that back. May be repeated.</summary>
    public Task<NodeStatusAnswer> DrainAsync(string nodeId, bool drained = true, CancellationToken cancellationToken = default) =>
        PostAsync<NodeStatusAnswer>($"{NodeRoute(nodeId)}/{(drained ? "drain" : "undrain")}", new { }, mayRepeat: true, cancellationToken);

    /// <summary>Registers a node, or changes its offer. May be repeated.</summary>
    /// <param name="nodeSignature">Base58, by the node's key over <see cref="NodeRegistration.ToSigningText"/>.</param>
    /// <param name="authoritySignature">Base58, by the wallet that it earns for, over the same text.</param>
    public Task<NodeAnswer> RegisterNodeAsync(NodeRegistration node, string nodeSignature, string authoritySignature, CancellationToken cancellationToken = default) =>
        PostAsync<NodeAnswer>(
            "/api/facilitator/register-node",
            new
            {
                nodeId = node.NodeId.ToString(),
                nodeKey = node.NodeKey.ToString(),
                authority = node.Authority.ToString(),
                hostname = node.Hostname,
                offer = new
                {
                    slots = node.Offer.Slots,
                    cpuMillis = node.Offer.CpuMillis,
                    memoryMb = node.Offer.MemoryMb,
                    pricePerSecond = node.Offer.PricePerSecond.BaseUnits,
                    gpus = node.Offer.Gpus.Select(g => new { uuid = g.Uuid, model = g.Model, vramMb = g.VramMb }),
                    images = node.Offer.Images,
                    networkModes = node.Offer.NetworkModes?.Select(m => m.ToString().ToLowerInvariant()),
                },
                timestamp = node.Timestamp,
                nodeSignature,
                authoritySignature,
            },
            mayRepeat: true,
            cancellationToken);

    public Task<NetworkStats> NetworkStatsAsync(CancellationToken cancellationToken = default) => GetAsync<NetworkStats>("/api/stats/network", cancellationToken);

    public Task<NodeStatsAnswer> NodeStatsAsync(CancellationToken cancellationToken = default) => GetAsync<NodeStatsAnswer>("/api/stats/nodes", cancellationToken);

    public Task<JobStatsAnswer> JobStatsAsync(CancellationToken cancellationToken = default) => GetAsync<JobStatsAnswer>("/api/stats/jobs", cancellationToken);

    public Task<FacilitatorStats> FacilitatorStatsAsync(CancellationToken cancellationToken = default) => GetAsync<FacilitatorStats>("/api/facilitator/stats", cancellationToken);

    public Task<PaymentIntentAnswer> PaymentIntentAsync(string intentId, CancellationToken cancellationToken = default) =>
        GetAsync<PaymentIntentAnswer>($"/api/facilitator/payment-intent/{Escaped(intentId)}", cancellationToken);

    private static string NodeRoute(string nodeId) => $"/api/nodes/{Escaped(nodeId)}";
}
