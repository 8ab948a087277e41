using System.Collections.Concurrent;
using Hypernode.Contracts.Events;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Microsoft.Extensions.Logging;

namespace Hypernode.Workers.Nodes;

/// <summary>
/// The one door for what agents say. A node may speak of its own live leases and of nothing else: a stranger can neither move
/// a job nor kill one, and a node that lost its lease has no say any more (I3).
/// </summary>
public sealed class NodeIngress(
    INodeDirectory nodes,
    LeaseHolders holders,
    RevokedNodes revoked,
    IEvidence evidence,
    IEscrow keys,
    IMessageSender messages,
    TimeProvider time,
    ILogger<NodeIngress> logger,
    TaskCreationOptions waiting = TaskCreationOptions.RunContinuationsAsynchronously) : INodeIngress
{
    private static readonly HashSet<string> DeclineReasons = new(StringComparer.Ordinal)
    {
        "image-unavailable", "inputs-unavailable", "engine-unavailable", "no-capacity", "expired", "not-a-recipient", "envelope-damaged",
    };

    private const int MaxRemembered = 16_384;

    private readonly ConcurrentDictionary<NodeId, WalletAddress> _keys = new();
    private readonly BeatBatcher _beats = new(nodes, waiting);

    public async Task AcceptAsync(NodeId sender, NodeMessage message, CancellationToken cancellationToken)
    {
        // Its connection may still be open; it has no say from the moment that the directory says so.
        if (await revoked.ContainsAsync(sender, cancellationToken))
        {
            Drop(sender, message, "revoked");
            return;
        }

        await (message is NodeBundle bundle ? AcceptAsync(sender, bundle, cancellationToken) : AcceptOneAsync(sender, message, cancellationToken));
    }

    /// <summary>
    /// In order for each job, and jobs side by side, so that their writes share commits. Each message for itself: one that is
    /// dropped takes no other along. One that fails lets the link bring all of them again, as it may bring any message twice.
    /// </summary>
    private async Task AcceptAsync(NodeId sender, NodeBundle bundle, CancellationToken cancellationToken)
    {
        if (MessageShape.Check(bundle) is { } reason)
        {
            Drop(sender, bundle, reason);
            return;
        }

        var order = new JobOrder();
        await Task.WhenAll([.. bundle.Messages.Select(m => order.Start(MessageShape.JobsOf(m), () => AcceptOneAsync(sender, m, cancellationToken)))]);
    }

    private async Task AcceptOneAsync(NodeId sender, NodeMessage? message, CancellationToken cancellationToken)
    {
        var dropped = MessageShape.CheckOne(message) ?? message switch
        {
            Beat beat => await AcceptAsync(sender, beat, cancellationToken),
            LogChunks logs => await AcceptAsync(sender, logs, cancellationToken),
            AttemptStarted started => await AcceptAsync(sender, started, cancellationToken),
            AttemptDeclined declined => await AcceptAsync(sender, declined, cancellationToken),
            AttemptReported reported => await AcceptAsync(sender, reported, cancellationToken),
            _ => "unknown-kind",
        };
        if (dropped is not null)
        {
            Drop(sender, message, dropped);
        }
    }

    private void Drop(NodeId sender, NodeMessage? message, string reason)
    {
        var kind = message?.GetType().Name ?? "null";
        WorkerMetrics.IngressDropped.Add(1, new("reason", reason), new("kind", kind));
        Log.Dropped(logger, sender, kind, reason);
    }

    /// <summary>The directory takes beats of the sender's own live leases only.</summary>
    private async Task<string?> AcceptAsync(NodeId sender, Beat beat, CancellationToken cancellationToken)
    {
        await _beats.AddAsync(new ReceivedBeat(sender, time.GetUtcNow(), beat.Leases), cancellationToken);
        return null;
    }

    private async Task<string?> AcceptAsync(NodeId sender, LogChunks logs, CancellationToken cancellationToken)
    {
        var first = logs.Chunks[0];
        if (await WhyNotAsync(sender, first.JobId, first.Attempt, cancellationToken) is { } reason)
        {
            return reason;
        }

        await evidence.AddLogsAsync(logs.Chunks, time.GetUtcNow(), cancellationToken);
        return null;
    }

    private async Task<string?> AcceptAsync(NodeId sender, AttemptStarted started, CancellationToken cancellationToken)
    {
        if (await WhyNotAsync(sender, started.JobId, started.Attempt, cancellationToken) is { } reason)
        {
            return reason;
        }

        await messages.SendAsync(new JobStarted(started.JobId, started.Attempt, sender), cancellationToken);
        return null;
    }

    private async Task<string?> AcceptAsync(NodeId sender, AttemptDeclined declined, CancellationToken cancellationToken)
    {
        if (await WhyNotAsync(sender, declined.JobId, declined.Attempt, cancellationToken) is { } why)
        {
            return why;
        }

        var reason = DeclineReasons.Contains(declined.Reason) ? declined.Reason : "other";
        var detail = declined.Detail.Length > MessageShape.MaxText ? declined.Detail[..MessageShape.MaxText] : declined.Detail;
        await messages.SendAsync(new JobDeclined(declined.JobId, declined.Attempt, sender, reason, detail), cancellationToken);
        return null;
    }

    /// <summary>The receipt is stored before the saga hears of it; a repeat is sent again, for the first sending may have failed.</summary>
    private async Task<string?> AcceptAsync(NodeId sender, AttemptReported reported, CancellationToken cancellationToken)
    {
        var receipt = reported.Receipt;
        if (receipt.NodeId != sender)
        {
            return "wrong-node";
        }

        if (await WhyNotAsync(sender, receipt.JobId, receipt.Attempt, cancellationToken) is { } reason)
        {
            return reason;
        }

        if (await KeyOfAsync(sender, cancellationToken) is not { } key)
        {
            return "unknown-node";
        }

        if (!keys.Verify(key, receipt.SigningBytes(), reported.Signature))
        {
            return "bad-signature";
        }

        if (!await evidence.AddReceiptAsync(receipt, reported.Signature, time.GetUtcNow(), cancellationToken))
        {
            return "second-receipt";
        }

        await messages.SendAsync(new JobExecuted(receipt.JobId, receipt.Attempt, sender, receipt.Hash(), receipt.ExitCode), cancellationToken);
        return null;
    }

    /// <summary>A node keeps its key for life: the directory refuses another one.</summary>
    private async Task<WalletAddress?> KeyOfAsync(NodeId id, CancellationToken cancellationToken)
    {
        if (_keys.TryGetValue(id, out var known))
        {
            return known;
        }

        if (await nodes.FindAsync(id, cancellationToken) is not { } node)
        {
            return null;
        }

        if (_keys.Count < MaxRemembered)
        {
            _keys[id] = node.NodeKey;
        }

        return node.NodeKey;
    }

    private Task<string?> WhyNotAsync(NodeId sender, JobId job, int attempt, CancellationToken cancellationToken) =>
        holders.WhyNotAsync(sender, job, attempt, cancellationToken);
}
