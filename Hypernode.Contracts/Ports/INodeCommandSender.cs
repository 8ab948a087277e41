using Hypernode.Contracts.Nodes;

namespace Hypernode.Contracts.Ports;

/// <summary>The way to the agents' own queues. Completes when the queue has it.</summary>
public interface INodeCommandSender
{
    /// <summary>Makes the node's queue, so that commands wait for an agent that is away. Idempotent.</summary>
    Task EnsureQueueAsync(NodeId node, CancellationToken cancellationToken);

    /// <exception cref="InvalidOperationException">No such queue.</exception>
    Task SendAsync(NodeId node, Guid messageId, NodeCommand command, CancellationToken cancellationToken);
}
