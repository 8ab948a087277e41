using Hypernode.Api.Http;
using Hypernode.Api.Jobs;
using Hypernode.Api.OpenApi;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Hypernode.Api.Nodes;

/// <summary>Why a node gets jobs, or none: for its owner, itself and operators. Waiting jobs are counted, never named.</summary>
internal static class NodeExplainEndpoints
{
    /// <summary>So many waiting jobs are held against the offer.</summary>
    private const int MostWaiting = 500;

    public static void MapNodeExplain(this IEndpointRouteBuilder nodes) =>
        nodes.MapGet("/{nodeId}/explain", ExplainAsync)
            .AnswersTagged<NodeExplanation>()
            .Refuses(404)
            .WithSummary("Why a node gets jobs or none: its status, its slots, and its offer held against what waits.");

    private static async Task<IResult> ExplainAsync(
        HttpContext context,
        string nodeId,
        IStandingReader standing,
        IOutlook outlook,
        INodeDirectory nodes,
        CancellationToken cancellationToken)
    {
        var node = context.NodeOf(nodeId);
        var leases = await standing.LeasesOfAsync(node.Id, cancellationToken);
        var waiting = await standing.WaitingAsync(MostWaiting, cancellationToken);
        var fits = outlook.OfNode(node, waiting);
        var cheaper = (await nodes.ListAsync(cancellationToken)).Count(n =>
            n.Status == NodeStatus.Active && n.BusySlots < n.Offer.Slots && n.Offer.PricePerSecond < node.Offer.PricePerSecond);
        return TaggedAnswer.Of(new NodeExplanation(
            node.Id.ToString(),
            NodesEndpoints.Word(node.Status),
            ReasonOf(node, fits, cheaper),
            node.LastSeenAt?.ToUnixTimeMilliseconds(),
            node.Offer.Slots,
            node.BusySlots,
            cheaper,
            [.. leases.Select(l => new HeldLeaseAnswer(l.JobId.ToString(), l.Attempt, l.Slot, l.TakenAt.ToUnixTimeMilliseconds(), l.LastBeatAt?.ToUnixTimeMilliseconds()))],
            new WaitingExplanation(
                fits.Looked,
                waiting.Count == MostWaiting,
                fits.Fitting,
                fits.Text,
                [.. fits.Misfits.Select(m => new CountedReason(m.Code, m.Text, m.Count))])));
    }

    /// <summary>The first that holds.</summary>
    private static ReasonAnswer ReasonOf(NodeView node, MatchOutlook fits, int cheaper) => node switch
    {
        { Status: NodeStatus.Draining } => new("draining", "it is being drained: what it has it may finish, and it gets nothing new"),
        { Status: NodeStatus.Offline } => new("offline", "it has not been heard of for ten minutes; it is back with its next heartbeat"),
        { Status: not NodeStatus.Active } => new(NodesEndpoints.Word(node.Status), $"it is {NodesEndpoints.Word(node.Status)}, and gets no jobs"),
        { LastSeenAt: null } => new("never-seen", "it is registered, but its agent has never been heard of"),
        _ when fits.Misfits.FirstOrDefault(m => m.Code == "not-seen-lately") is not null => new("not-seen-lately", "its agent has not been heard of lately"),
        _ when node.BusySlots >= node.Offer.Slots => new("busy", $"all of its {node.Offer.Slots} slots are busy"),
        _ when fits.Looked == 0 => new("nothing-waits", cheaper == 0
            ? "no job waits for a node: the next that fits comes here"
            : $"no job waits for a node; the next goes to one of {cheaper} free nodes that ask less, if it fits them"),
        _ when fits.Fitting == 0 => new("nothing-fits", $"no waiting job fits its offer: {fits.Text}"),
        _ => new("next-look", $"it gets a job at the next look: {fits.Text}"),
    };
}

/// <summary>Codes are stable, texts are for people.</summary>
/// <param name="LastSeenAt">ms since the epoch; absent: never.</param>
/// <param name="CheaperFreeNodes">Active nodes with a free slot that ask less: jobs that fit them go there first.</param>
public sealed record NodeExplanation(
    string NodeId,
    string Status,
    ReasonAnswer Reason,
    long? LastSeenAt,
    int Slots,
    int BusySlots,
    int CheaperFreeNodes,
    IReadOnlyList<HeldLeaseAnswer> Leases,
    WaitingExplanation Waiting);

/// <param name="TakenAt">ms since the epoch.</param>
/// <param name="LastBeatAt">ms since the epoch.</param>
public sealed record HeldLeaseAnswer(string JobId, int Attempt, int Slot, long TakenAt, long? LastBeatAt);

/// <param name="Jobs">How many waiting jobs were held against the offer.</param>
/// <param name="More">There are more than were looked at.</param>
/// <param name="Fitting">Of them: those that this node could take now.</param>
public sealed record WaitingExplanation(int Jobs, bool More, int Fitting, string Text, IReadOnlyList<CountedReason> Reasons);
