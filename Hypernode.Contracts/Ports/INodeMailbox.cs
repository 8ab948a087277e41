using Hypernode.Contracts.Nodes;

namespace Hypernode.Contracts.Ports;

/// <summary>
/// A node's own queue, read on its behalf: for nodes that come over HTTP. A command is the node's until it confirms that it has
/// it on its disk; one that it does not confirm comes again, from here or from wherever the node asks next.
/// </summary>
public interface INodeMailbox
{
    /// <summary>
    /// The node's next command, once there is one; the same again while the last one is not confirmed. Null: nothing came.
    /// </summary>
    /// <param name="patience">How long to wait for it.</param>
    Task<HeldCommand?> TakeAsync(NodeId node, TimeSpan patience, CancellationToken cancellationToken);

    /// <summary>The node has it durably: it is not given again.</summary>
    /// <returns>False: it is not held here (any more); it will come again, and may be confirmed then.</returns>
    bool Confirm(NodeId node, string ack);
}

/// <param name="Ack">Goes back with the confirmation.</param>
public sealed record HeldCommand(string Ack, NodeCommand Command);
