using Hypernode.Contracts.Intents;

namespace Hypernode.NodeAgent.Leases;

/// <summary>The node's own key: what it signs is what the node answers for with its stake.</summary>
public interface INodeSigner
{
    WalletAddress Key { get; }

    /// <summary>Ed25519 signature of 64 bytes, in base58.</summary>
    string Sign(ReadOnlySpan<byte> message);
}
