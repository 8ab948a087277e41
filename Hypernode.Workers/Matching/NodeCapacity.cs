using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;

namespace Hypernode.Workers.Matching;

/// <summary>
/// Nodes and their free slots, remembered: a match asks the storage for nothing. It is a hint only, because several hosts
/// hand out the same slots: the saga's commit takes the slot, and the database says who was first (I10). Its ages are
/// measured with the monotonic clock: a wall clock that is set back must not keep an old picture.
/// </summary>
/// <param name="waiting">How matchers that waited for a look go on: on the pool in a host; inline in a simulation, which has one thread.</param>
public sealed class NodeCapacity(
    INodeDirectory nodes, TimeProvider time, TaskCreationOptions waiting = TaskCreationOptions.RunContinuationsAsynchronously) : ILeaseObserver
{
    /// <summary>How long a picture is used while it still has a fitting slot.</summary>
    public static readonly TimeSpan GoodFor = TimeSpan.FromSeconds(1);

    /// <summary>Between two looks when no slot is left.</summary>
    public static readonly TimeSpan ShortestLook = TimeSpan.FromMilliseconds(100);

    /// <summary>A picture this much younger than a slot's handing out knows better whether it was taken.</summary>
    private static readonly TimeSpan CommitTime = TimeSpan.FromMilliseconds(500);

    private readonly Lock _lock = new();
    private readonly Dictionary<(NodeId Node, int Slot), long> _handedOut = [];
    private readonly Dictionary<(NodeId Node, int Slot), long> _givenBack = [];
    private Picture? _picture;
    private List<TaskCompletionSource<Picture>>? _lookers;

    /// <summary>In the order in which they are asked: cheapest first; then who has done most; then a fixed order, so that a run can be repeated.</summary>
    /// <param name="asked">A timestamp of the time provider.</param>
    /// <param name="goodFor">A picture that was older than this then is not good enough.</param>
    public Task<Picture> LookAsync(long asked, TimeSpan goodFor, CancellationToken cancellationToken)
    {
        var look = new TaskCompletionSource<Picture>(waiting);
        lock (_lock)
        {
            if (_picture is { } picture && time.GetElapsedTime(picture.At, asked) <= goodFor)
            {
                return Task.FromResult(picture);
            }

            if (_lookers is not null)
            {
                _lookers.Add(look);
                return look.Task.WaitAsync(cancellationToken);
            }

            _lookers = [look];
        }

        _ = LookForAllAsync();
        return look.Task.WaitAsync(cancellationToken);
    }

    /// <summary>
    /// Of the slots that fit and that nobody is known to have, the one with the fewest GPUs, then with the least memory on them,
    /// then the lowest: what a job does not need stays for those that do. It is then handed out. Null: the node is busy.
    /// </summary>
    public int? TakeSlot(Picture picture, NodeView node, JobLimits limits)
    {
        var now = time.GetTimestamp();
        lock (_lock)
        {
            if (BestFree(picture, node, limits) is not { } slot)
            {
                return null;
            }

            _givenBack.Remove((node.Id, slot));
            _handedOut[(node.Id, slot)] = now;
            return slot;
        }
    }

    /// <summary>A slot that this host's saga has given back is free at once, whatever the picture says.</summary>
    public void Changed(LeaseChange lease)
    {
        var now = time.GetTimestamp();
        lock (_lock)
        {
            var (gone, come) = lease.Take ? (_givenBack, _handedOut) : (_handedOut, _givenBack);
            gone.Remove((lease.NodeId, lease.Slot));
            come[(lease.NodeId, lease.Slot)] = now;
        }
    }

    private int? BestFree(Picture picture, NodeView node, JobLimits limits)
    {
        (int? best, (int Gpus, long VramMb) least) = (null, (int.MaxValue, long.MaxValue));
        for (var slot = 0; slot < node.Offer.Slots; slot++)
        {
            var worth = node.Offer.WorthOf(slot);
            if (worth.CompareTo(least) < 0 && node.Offer.Fits(slot, limits) && IsFree(picture, (node.Id, slot)))
            {
                (best, least) = (slot, worth);
                if (worth.Gpus == 0)
                {
                    break; // nothing is less
                }
            }
        }

        return best;
    }

    private bool IsFree(Picture picture, (NodeId Node, int Slot) slot) =>
        _givenBack.TryGetValue(slot, out var back) && back >= picture.At
        || (!picture.Held.Contains(slot) && !(_handedOut.TryGetValue(slot, out var at) && MayBeMissing(at, picture.At)));

    /// <summary>One look for all who wait. Not cancelled with any one of them.</summary>
    private async Task LookForAllAsync()
    {
        try
        {
            var picture = await MakeAsync();
            TakeLookers().ForEach(l => l.SetResult(picture));
        }
        catch (Exception e)
        {
            // Each of them learns of it, and its job asks again.
            TakeLookers().ForEach(l => l.SetException(e));
        }
    }

    private List<TaskCompletionSource<Picture>> TakeLookers()
    {
        lock (_lock)
        {
            var lookers = _lookers ?? [];
            _lookers = null;
            return lookers;
        }
    }

    private async Task<Picture> MakeAsync()
    {
        var at = time.GetTimestamp();
        var leases = await nodes.LiveLeasesAsync(CancellationToken.None);
        var all = await nodes.ListAsync(CancellationToken.None);
        var picture = new Picture(
            at,
            [.. all.OrderBy(n => n.Offer.PricePerSecond).ThenByDescending(n => n.JobsCompleted).ThenBy(n => n.Id.ToString(), StringComparer.Ordinal)],
            leases.Select(l => (l.NodeId, l.Slot)).ToHashSet());
        lock (_lock)
        {
            _picture = picture;
            foreach (var old in _handedOut.Where(h => !MayBeMissing(h.Value, at)).Select(h => h.Key).ToList())
            {
                _handedOut.Remove(old);
            }

            foreach (var old in _givenBack.Where(g => g.Value < at).Select(g => g.Key).ToList())
            {
                _givenBack.Remove(old); // the picture knows
            }
        }

        return picture;
    }

    /// <summary>Whether a picture can have been begun before the commit that took the slot.</summary>
    private bool MayBeMissing(long handedOut, long picture) => time.GetElapsedTime(handedOut, picture) < CommitTime;

    /// <param name="At">The timestamp at which it was begun: later leases may be missing.</param>
    public sealed record Picture(long At, IReadOnlyList<NodeView> Nodes, IReadOnlySet<(NodeId Node, int Slot)> Held);
}
