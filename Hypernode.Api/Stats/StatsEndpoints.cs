using Hypernode.Api.Http;
using Hypernode.Api.Nodes;
using Hypernode.Api.OpenApi;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Hypernode.Api.Stats;

/// <summary>Sums for everybody; nothing in them belongs to one wallet.</summary>
internal static class StatsEndpoints
{
    public static void MapStats(this IEndpointRouteBuilder app)
    {
        var stats = app.MapGroup("/api/stats").WithTags("Statistics");
        stats.MapGet("/network", async (StatsSnapshot sums, IEscrow escrow, CancellationToken cancellationToken) =>
            {
                var all = await sums.GetAsync().WaitAsync(cancellationToken);
                return TaggedAnswer.Of(new NetworkStats(escrow.Deployment.Network, all.Nodes, all.Jobs));
            })
            .AnswersTagged<NetworkStats>()
            .WithSummary("The whole network, as it stood a moment ago.");
        stats.MapGet("/nodes", async (StatsSnapshot sums, CancellationToken cancellationToken) =>
                TaggedAnswer.Of((await sums.GetAsync().WaitAsync(cancellationToken)).Nodes))
            .AnswersTagged<NodeStats>()
            .WithSummary("Nodes and what they offer.");
        stats.MapGet("/jobs", async (StatsSnapshot sums, CancellationToken cancellationToken) =>
                TaggedAnswer.Of((await sums.GetAsync().WaitAsync(cancellationToken)).Jobs))
            .AnswersTagged<JobStatsAnswer>()
            .WithSummary("Jobs by state.");
    }
}

public sealed record NetworkStats(string Network, NodeStats Nodes, JobStatsAnswer Jobs);

/// <summary>Slots and GPUs are those of active nodes.</summary>
/// <param name="LowestPricePerSecond">Base units; absent when no node is active.</param>
public sealed record NodeStats(
    int Total,
    IReadOnlyDictionary<string, int> ByStatus,
    int Slots,
    int BusySlots,
    int Gpus,
    ulong? LowestPricePerSecond)
{
    public static NodeStats Of(IReadOnlyList<NodeView> nodes)
    {
        var active = nodes.Where(n => n.Status == NodeStatus.Active).ToList();
        return new NodeStats(
            nodes.Count,
            nodes.GroupBy(n => NodesEndpoints.Word(n.Status)).ToDictionary(g => g.Key, g => g.Count(), StringComparer.Ordinal),
            active.Sum(n => n.Offer.Slots),
            active.Sum(n => n.BusySlots),
            active.Sum(n => n.Offer.Gpus.Count),
            active.Count == 0 ? null : active.Min(n => n.Offer.PricePerSecond.BaseUnits));
    }
}

/// <param name="Charged">Base units.</param>
/// <param name="Refunded">Base units.</param>
public sealed record JobStatsAnswer(long Total, IReadOnlyDictionary<string, long> ByState, ulong Charged, ulong Refunded)
{
    public static JobStatsAnswer Of(JobStats stats) =>
        new(stats.ByState.Values.Sum(), stats.ByState, stats.Charged.BaseUnits, stats.Refunded.BaseUnits);
}
