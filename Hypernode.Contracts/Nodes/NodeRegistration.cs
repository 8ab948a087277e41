using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Text;

namespace Hypernode.Contracts.Nodes;

/// <summary>A node as it registers: signed by the node's own key and by the wallet that it earns for.</summary>
/// <param name="NodeKey">The key that signs receipts.</param>
/// <param name="Authority">The wallet that is paid.</param>
/// <param name="Timestamp">ms since the epoch.</param>
public sealed record NodeRegistration(
    NodeId NodeId,
    WalletAddress NodeKey,
    WalletAddress Authority,
    string Hostname,
    NodeOffer Offer,
    long Timestamp)
{
    /// <summary>The text that both keys sign: it names the network, so a registration can't be replayed on another.</summary>
    public string ToSigningText(string network) => string.Join(
        '\n',
        "HYPERNODE Node Registration",
        "",
        $"Network: {network}",
        $"Node ID: {NodeId}",
        $"Node key: {NodeKey}",
        $"Authority: {Authority}",
        $"Offer: {Hash256.Of(CanonicalJson.Serialize(Offer))}",
        $"Timestamp: {Timestamp}");
}
