using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Text;
using Hypernode.NodeAgent.Leases;
using Hypernode.Solana;

namespace Hypernode.NodeAgent.Adapters.Keys;

/// <summary>Signs with a Solana key pair.</summary>
public sealed class AccountSigner(Account account) : INodeSigner
{
    public WalletAddress Key { get; } = WalletAddress.FromBytes(account.PublicKey.AsSpan());

    public Stream Open(Stream envelope) => Envelope.Open(envelope, account);

    public string Sign(ReadOnlySpan<byte> message) => Contracts.Text.Base58.Encode(account.Sign(message));
}
