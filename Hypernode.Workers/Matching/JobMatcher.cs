using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Events;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Hypernode.Workers.Matching;

/// <summary>
/// Finds the cheapest fitting node with a free slot. The slot is a hint: the saga's commit takes it, and the database says
/// who was first (I10).
/// </summary>
public sealed class JobMatcher(
    INodeDirectory nodes,
    IIdSource ids,
    IOptions<WorkflowWindows> windows,
    TimeProvider time,
    ILogger<JobMatcher> logger) : IHandle<MatchJob>
{
    public async Task<object> HandleAsync(MatchJob command, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (now > windows.Value.LastLeaseAt(command.SettleBy, command.Spec.RunLimit()))
        {
            return Failed(command, "too late to finish before settle_by");
        }

        var misfits = new Dictionary<NodeId, Misfit>();
        var fitting = new List<NodeView>();
        foreach (var node in await nodes.ListAsync(cancellationToken))
        {
            if (OfferFit.Check(node, command.Spec, command.Amount, now) is { } misfit)
            {
                misfits[node.Id] = misfit;
            }
            else
            {
                fitting.Add(node);
            }
        }

        var open = fitting.Where(n => !command.Excluded.Contains(n.Id)).ToList();
        if (fitting.Count > 0 && open.Count == 0)
        {
            return Failed(command, "every fitting node has had its attempt");
        }

        foreach (var node in InOrder(open))
        {
            if (await nodes.FreeSlotAsync(node.Id, node.Offer.Slots, cancellationToken) is { } slot)
            {
                return new NodeMatched(
                    command.JobId, command.Attempt, node.Id, node.NodeKey, node.Authority, slot, node.Offer.PricePerSecond, ids.NewSecret());
            }

            misfits[node.Id] = Misfit.Busy;
        }

        foreach (var node in fitting.Where(n => !misfits.ContainsKey(n.Id)))
        {
            misfits[node.Id] = Misfit.HadItsAttempt;
        }

        return Failed(command, Explain([.. misfits.Values]));
    }

    /// <summary>Cheapest first; then who has done most; then a fixed order, so that a run can be repeated.</summary>
    private static IEnumerable<NodeView> InOrder(IEnumerable<NodeView> open) => open
        .OrderBy(n => n.Offer.PricePerSecond)
        .ThenByDescending(n => n.JobsCompleted)
        .ThenBy(n => n.Id.ToString(), StringComparer.Ordinal);

    /// <summary><c>3 nodes: 2 too little memory, 1 busy</c>.</summary>
    private static string Explain(List<Misfit> misfits)
    {
        if (misfits.Count == 0)
        {
            return "no nodes";
        }

        var counts = misfits.GroupBy(m => m).OrderBy(g => g.Key).Select(g => $"{g.Count()} {OfferFit.Describe(g.Key)}");
        return $"{misfits.Count} {(misfits.Count == 1 ? "node" : "nodes")}: {string.Join(", ", counts)}";
    }

    private NodeMatchFailed Failed(MatchJob command, string reason)
    {
        Log.NoNode(logger, command.JobId, command.Attempt, reason);
        return new NodeMatchFailed(command.JobId, command.Attempt, reason);
    }
}
