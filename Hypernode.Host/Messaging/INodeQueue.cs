using Hypernode.Contracts.Nodes;

namespace Hypernode.Host.Messaging;

/// <summary>Where a node's commands wait, as somebody sees it who reads them for the node.</summary>
internal interface INodeQueue
{
    /// <summary>
    /// Gives commands in order, one at a time, until cancelled or until the queue can't be read. One whose handler has returned is
    /// done with; one whose handler fails stays.
    /// </summary>
    Task ListenAsync(NodeId node, Func<NodeCommand, CancellationToken, Task> handle, CancellationToken cancellationToken);
}
