using System.Collections.Concurrent;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;

namespace Hypernode.Workers.Nodes;

/// <summary>
/// Who holds which attempt, remembered for a moment: an attempt's holder never changes, and whether the lease is still live
/// may be a moment old, because the saga takes nothing but the current attempt (I3). What is not known is asked for.
/// </summary>
public sealed class LeaseHolders(INodeDirectory nodes, TimeProvider time) : ILeaseObserver
{
    private const int MaxRemembered = 16_384;
    private static readonly TimeSpan GoodFor = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<(JobId Job, int Attempt), (NodeId Node, long At)> _live = new();

    /// <summary>Null: the sender holds the live lease of this attempt. Else the reason to drop what it says.</summary>
    public async Task<string?> WhyNotAsync(NodeId sender, JobId job, int attempt, CancellationToken cancellationToken)
    {
        var asked = time.GetTimestamp(); // an age: a wall clock that is set back must not make an ended lease live on
        if (_live.TryGetValue((job, attempt), out var known) && known.Node == sender && time.GetElapsedTime(known.At, asked) < GoodFor)
        {
            return null;
        }

        var lease = await nodes.FindLeaseAsync(job, attempt, cancellationToken);
        if (lease is not { Live: true } || lease.NodeId != sender)
        {
            return lease switch
            {
                null => "no-lease",
                _ when lease.NodeId != sender => "not-your-lease",
                _ => "stale-lease",
            };
        }

        Remember(job, attempt, sender, asked);
        return null;
    }

    /// <summary>A lease that was taken or given back here need not be asked for.</summary>
    public void Changed(LeaseChange lease)
    {
        if (lease.Take)
        {
            Remember(lease.JobId, lease.Attempt, lease.NodeId, time.GetTimestamp());
        }
        else
        {
            _live.TryRemove((lease.JobId, lease.Attempt), out _);
        }
    }

    private void Remember(JobId job, int attempt, NodeId holder, long now)
    {
        if (_live.Count >= MaxRemembered)
        {
            foreach (var old in _live.Where(l => time.GetElapsedTime(l.Value.At, now) >= GoodFor).Select(l => l.Key).ToList())
            {
                _live.TryRemove(old, out _);
            }
        }

        if (_live.Count < MaxRemembered)
        {
            _live[(job, attempt)] = (holder, now);
        }
    }
}
