using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Nodes;

namespace Hypernode.Contracts.Ports;

/// <summary>The node registry on chain: what it says of each node that is registered there.</summary>
public interface INodeRegistry
{
    Task<IReadOnlyList<RegistryEntry>> ListAsync(CancellationToken cancellationToken);
}

/// <param name="NodeKey">Signed the registration there, too: an entry under another key is about somebody else's node.</param>
public sealed record RegistryEntry(NodeId NodeId, WalletAddress NodeKey, WalletAddress Authority, NodeStatus Status);
