using System.Collections.Concurrent;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;

namespace Hypernode.Api.Tests.Fakes;

/// <summary>Queues and the door for nodes, in memory. The door keeps what came, with who said it; like the real one it stores receipts.</summary>
public sealed class FakeNodeWay(FakeEvidence evidence) : INodeMailbox, INodeIngress
{
    public ConcurrentDictionary<NodeId, HeldCommand> Waiting { get; } = new();

    public ConcurrentQueue<(NodeId Sender, NodeMessage Message)> Said { get; } = new();

    /// <summary>What the real door would drop.</summary>
    public bool DropsReceipts { get; set; }

    public TimeSpan LastPatience { get; private set; }

    public Task<HeldCommand?> TakeAsync(NodeId node, TimeSpan patience, CancellationToken cancellationToken)
    {
        LastPatience = patience;
        return Task.FromResult(Waiting.GetValueOrDefault(node));
    }

    public bool Confirm(NodeId node, string ack) => Waiting.TryGetValue(node, out var held) && held.Ack == ack && Waiting.TryRemove(node, out _);

    public async Task AcceptAsync(NodeId sender, NodeMessage message, CancellationToken cancellationToken)
    {
        Said.Enqueue((sender, message));
        if (message is AttemptReported reported && !DropsReceipts)
        {
            await evidence.AddReceiptAsync(reported.Receipt, reported.Signature, DateTimeOffset.UnixEpoch, cancellationToken);
        }
    }
}
