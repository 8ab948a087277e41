using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Events;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Hypernode.Workers.Matching;

/// <summary>
/// Finds the cheapest fitting node with a free slot, in memory. The slot is a hint: the saga's commit takes it, and the
/// database says who was first (I10).
/// </summary>
public sealed class JobMatcher(
    NodeCapacity capacity,
    IIdSource ids,
    IOptions<WorkflowWindows> windows,
    TimeProvider time,
    ILogger<JobMatcher> logger) : IHandle<MatchJob>
{
    public async Task<object> HandleAsync(MatchJob command, CancellationToken cancellationToken)
    {
        var (now, asked) = (time.GetUtcNow(), time.GetTimestamp());
        if (now > windows.Value.LastLeaseAt(command.SettleBy, command.Spec.RunLimit()))
        {
            return Failed(command, "too late to finish before settle_by");
        }

        var (match, why) = Find(command, await capacity.LookAsync(asked, NodeCapacity.GoodFor, cancellationToken), now);
        if (match is null)
        {
            // Nothing in what we remember: look again before the job has to wait.
            (match, why) = Find(command, await capacity.LookAsync(asked, NodeCapacity.ShortestLook, cancellationToken), now);
        }

        return match ?? (object)Failed(command, why);
    }

    private (NodeMatched? Match, string Why) Find(MatchJob command, NodeCapacity.Picture picture, DateTimeOffset now)
    {
        var misfits = new List<Misfit>();
        var (fitting, excluded) = (0, 0);
        foreach (var node in picture.Nodes)
        {
            if (OfferFit.Check(node, command.Spec, command.Amount, now) is { } misfit)
            {
                misfits.Add(misfit);
                continue;
            }

            fitting++;
            if (command.Excluded.Contains(node.Id))
            {
                excluded++;
                misfits.Add(Misfit.HadItsAttempt);
                continue;
            }

            if (capacity.TakeSlot(picture, node, command.Spec.Limits) is { } slot)
            {
                var match = new NodeMatched(
                    command.JobId, command.Attempt, node.Id, node.NodeKey, node.Authority, slot, node.Offer.PricePerSecond, ids.NewSecret(),
                    command.Spec.Limits.Gpus > 0 ? node.Offer.GpusFor(slot, command.Spec.Limits) : null);
                return (match, "");
            }

            misfits.Add(Misfit.Busy);
        }

        return (null, fitting > 0 && fitting == excluded ? "every fitting node has had its attempt" : Explain(misfits));
    }

    /// <summary><c>3 nodes: 2 too little memory, 1 busy</c>.</summary>
    internal static string Explain(IReadOnlyCollection<Misfit> misfits, string what = "node")
    {
        if (misfits.Count == 0)
        {
            return $"no {what}s";
        }

        var counts = misfits.GroupBy(m => m).OrderBy(g => g.Key).Select(g => $"{g.Count()} {OfferFit.Describe(g.Key)}");
        return $"{misfits.Count} {what}{(misfits.Count == 1 ? "" : "s")}: {string.Join(", ", counts)}";
    }

    private NodeMatchFailed Failed(MatchJob command, string reason)
    {
        Log.NoNode(logger, command.JobId, command.Attempt, reason);
        return new NodeMatchFailed(command.JobId, command.Attempt, reason);
    }
}
