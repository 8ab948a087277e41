using System.Security.Cryptography;
using System.Text;
using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;
using Hypernode.Contracts.Topology;
using Hypernode.NodeAgent.Leases;
using Hypernode.Solana;
using Base58 = Hypernode.Contracts.Text.Base58;

namespace Hypernode.Host.Tests.Access;

/// <summary>A node with keys of its own.</summary>
public sealed class TestNode : INodeSigner
{
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);
    private readonly byte[] _authority = RandomNumberGenerator.GetBytes(32);

    private TestNode()
    {
    }

    public NodeId Id { get; } = new(Guid.NewGuid());

    public WalletAddress Key => WalletAddress.FromBytes(Ed25519.PublicKeyFromSeed(_key));

    public WalletAddress Authority => WalletAddress.FromBytes(Ed25519.PublicKeyFromSeed(_authority));

    /// <summary>Its queue, its user, and the first part of its routing keys.</summary>
    public string Name => Queues.Node(Id);

    public static TestNode Create() => new();

    public NodeRegistration Registration(DateTimeOffset now) =>
        new(Id, Key, Authority, "box", new NodeOffer(1, 1_000, 512, new(1_000), [], []), now.ToUnixTimeMilliseconds());

    public string Sign(ReadOnlySpan<byte> message) => Base58.Encode(Ed25519.Sign(_key, message));

    public string Sign(string text) => Sign(Encoding.UTF8.GetBytes(text));

    public string SignAsAuthority(string text) => Base58.Encode(Ed25519.Sign(_authority, Encoding.UTF8.GetBytes(text)));

    public string Password(NodeId? of = null, string network = KeysAlone.Network, TimeSpan ago = default)
    {
        var at = (DateTimeOffset.UtcNow - ago).ToUnixTimeMilliseconds();
        return new BrokerToken(at, Sign(BrokerToken.SigningText(network, of ?? Id, at))).Password;
    }
}

/// <summary>No chain: a network's name, and signatures that are checked for real.</summary>
internal sealed class KeysAlone : IEscrow
{
    public const string Network = "test";

    public Deployment Deployment { get; } = new(Network, Hash256.Of("test"u8), WalletAddress.FromBytes(new byte[32]), WalletAddress.FromBytes(new byte[32]));

    public bool Verify(WalletAddress signer, ReadOnlySpan<byte> message, string signatureBase58) =>
        Base58.TryDecode(signatureBase58, out var signature) && signature.Length == 64 && Ed25519.Verify(signer.ToBytes(), message, signature);

    public Task<EscrowAnswer> LockAsync(LockEscrow command, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<EscrowAnswer> AssignAsync(AssignNode command, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<EscrowAnswer> SettleAsync(SettlePayment command, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<EscrowAnswer> RefundAsync(RefundPayment command, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<EscrowView?> FindAsync(IntentId intent, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<PayerFunds> FundsOfAsync(WalletAddress payer, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<IReadOnlyList<EscrowView>> OpenPastAsync(long settleBy, CancellationToken cancellationToken) => throw new NotSupportedException();
}
