using Hypernode.Contracts.Events;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Workers.Matching;
using Hypernode.Workers.Verification;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Hypernode.Workers.Nodes;

/// <summary>
/// Heartbeats never enter the saga, only their absence does. Finds leases whose node has gone silent, and puts idle nodes
/// offline and back. Run it every few seconds; one host at a time is enough.
/// </summary>
public sealed class HeartbeatSweep(
    INodeDirectory nodes,
    IEvidence evidence,
    IMessageSender sender,
    IngressClock ingress,
    IOptions<WorkflowWindows> windows,
    ILogger<HeartbeatSweep> logger)
{
    private static readonly TimeSpan OfflineAfter = TimeSpan.FromMinutes(10);

    /// <summary>How often an idle node beats: one that has a lease but has not begun beats no faster.</summary>
    private static readonly TimeSpan IdleBeat = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan TellAgainAfter = TimeSpan.FromMinutes(1);

    /// <summary>Longer than any pause between two sweeps: we were stopped, and could not see beats either.</summary>
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    /// <summary>After an outage of ours nodes have to find their way in again: they try every ten seconds at most, and the broker asks us who they are.</summary>
    private static readonly TimeSpan WayBack = TimeSpan.FromSeconds(10);

    private readonly Dictionary<(JobId Job, int Attempt), DateTimeOffset> _told = [];
    private DateTimeOffset? _lastRun;
    private bool _couldLook;
    private DateTimeOffset _watchingSince;

    /// <returns>How many leases were reported silent.</returns>
    public async Task<int> RunOnceAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        KeepClock(now);
        if (ingress.UpSince is not { } upSince)
        {
            _couldLook = true; // the ingress's own clock says since when it is up again
            return 0;
        }

        _watchingSince = Later(_watchingSince, upSince == DateTimeOffset.MinValue ? upSince : upSince + WayBack);
        var all = (await nodes.ListAsync(cancellationToken)).ToDictionary(n => n.Id);
        var leases = await nodes.LiveLeasesAsync(cancellationToken);
        _couldLook = true;
        var live = leases.Select(l => (l.JobId, l.Attempt)).ToHashSet();
        foreach (var gone in _told.Keys.Where(k => !live.Contains(k)).ToList())
        {
            _told.Remove(gone);
        }

        var silent = 0;
        foreach (var lease in leases)
        {
            silent += await TellIfSilentAsync(lease, all.GetValueOrDefault(lease.NodeId), now, cancellationToken) ? 1 : 0;
        }

        foreach (var node in all.Values)
        {
            await KeepStatusAsync(node, now, cancellationToken);
        }

        return silent;
    }

    /// <summary>
    /// While nobody watched (start, suspended host, a storage that is away, which also keeps nodes out of the broker) the liveness
    /// clock stands still: no node is blamed for our absence.
    /// </summary>
    private void KeepClock(DateTimeOffset now)
    {
        var interrupted = _lastRun is not null && !_couldLook;
        _couldLook = false;
        if (interrupted)
        {
            _watchingSince = Later(_watchingSince, now + WayBack);
        }

        if (_lastRun is not { } last || now - last > LongestPause)
        {
            _watchingSince = Later(_watchingSince, now);
            if (_lastRun is { } before)
            {
                Log.ClockStoodStill(logger, (long)(now - before).TotalSeconds);
            }
        }

        _lastRun = now;
    }

    private async Task<bool> TellIfSilentAsync(LeaseView lease, NodeView? node, DateTimeOffset now, CancellationToken cancellationToken)
    {
        // A revoked node's word does not count any more: no patience with its silence.
        var silence = now - Later(LastSight(lease, node), _watchingSince);
        if (silence <= PatienceWith(lease) && node?.Status.IsRevoked() != true)
        {
            return false;
        }

        var key = (lease.JobId, lease.Attempt);
        if (_told.TryGetValue(key, out var told) && now - told < TellAgainAfter)
        {
            return false;
        }

        // A node that has reported beats no more for that lease: it waits for the verdict.
        if (await evidence.FindReceiptAsync(lease.JobId, lease.Attempt, cancellationToken) is not null)
        {
            return false;
        }

        await sender.SendAsync(new NodeSilent(lease.JobId, lease.Attempt, lease.NodeId), cancellationToken);
        _told[key] = now;
        Log.Silent(logger, lease.JobId, lease.Attempt, lease.NodeId, (long)silence.TotalSeconds);
        return true;
    }

    /// <summary>Before the first beat of a lease its command may still be on its way: the node's idle beats count.</summary>
    private static DateTimeOffset LastSight(LeaseView lease, NodeView? node) =>
        lease.LastBeatAt ?? Later(lease.TakenAt, node?.LastSeenAt ?? lease.TakenAt);

    private TimeSpan PatienceWith(LeaseView lease) =>
        windows.Value.SilencePatience(Evidence.DeliveredOn(lease)) + (lease.LastBeatAt is null ? IdleBeat : TimeSpan.Zero);

    private async Task KeepStatusAsync(NodeView node, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var seen = node.LastSeenAt ?? node.RegisteredAt;
        var status = node.Status switch
        {
            NodeStatus.Active when node.BusySlots == 0 && now - Later(seen, _watchingSince) > OfflineAfter => NodeStatus.Offline,
            NodeStatus.Offline when node.LastSeenAt is { } at && now - at <= OfferFit.LivenessWindow => NodeStatus.Active,
            var same => same,
        };
        // Revoked since we looked: that stays.
        if (status != node.Status && await nodes.SetStatusAsync(node.Id, node.Status, status, cancellationToken))
        {
            Log.StatusChanged(logger, node.Id, status);
        }
    }

    private static DateTimeOffset Later(DateTimeOffset a, DateTimeOffset b) => a > b ? a : b;
}
