using Hypernode.Contracts.Nodes;

namespace Hypernode.Contracts.Ports;

/// <summary>Open connections of nodes at the broker. A permission that is taken away does not close them: this does.</summary>
public interface INodeConnections
{
    Task<IReadOnlyList<NodeConnection>> ListAsync(CancellationToken cancellationToken);

    /// <summary>Returns when the broker has been told; one that is gone already is fine.</summary>
    /// <param name="reason">The node reads it.</param>
    Task CloseAsync(NodeConnection connection, string reason, CancellationToken cancellationToken);
}

/// <param name="Name">The broker's own for it.</param>
public sealed record NodeConnection(string Name, NodeId NodeId);
