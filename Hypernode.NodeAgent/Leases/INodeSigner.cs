using Hypernode.Contracts.Intents;
using Hypernode.Solana;

namespace Hypernode.NodeAgent.Leases;

/// <summary>The node's own key: what it signs is what the node answers for with its stake.</summary>
public interface INodeSigner
{
    WalletAddress Key { get; }

    /// <summary>Ed25519 signature of 64 bytes, in base58.</summary>
    string Sign(ReadOnlySpan<byte> message);

    /// <summary>What is in an envelope that was sealed to this key, as a stream that throws <see cref="EnvelopeException"/>.</summary>
    /// <returns>Null: this key only signs (it is kept where it can't be used for more).</returns>
    Stream? Open(Stream envelope) => null;
}
