using Hypernode.Contracts.Nodes;

namespace Hypernode.Contracts.Ports;

/// <summary>
/// The one door for what agents say. It returns once the message is durable (the link may then acknowledge it);
/// a message that the sender may not say, or that makes no sense, is dropped, counted and logged: it never throws for it.
/// </summary>
public interface INodeIngress
{
    /// <param name="sender">Known from the link (broker user, in-process registration), never from the body.</param>
    Task AcceptAsync(NodeId sender, NodeMessage message, CancellationToken cancellationToken);
}
