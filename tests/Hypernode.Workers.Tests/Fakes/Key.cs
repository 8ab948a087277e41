using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Text;
using Hypernode.Solana;

namespace Hypernode.Workers.Tests.Fakes;

/// <summary>A real Ed25519 key from a seed of one repeated byte.</summary>
public sealed class Key(byte seed)
{
    private readonly byte[] _seed = [.. Enumerable.Repeat(seed, 32)];

    public WalletAddress Address => WalletAddress.FromBytes(Ed25519.PublicKeyFromSeed(_seed));

    public string Sign(byte[] message) => Hypernode.Contracts.Text.Base58.Encode(Ed25519.Sign(_seed, message));

    public string Sign(string text) => Sign(System.Text.Encoding.UTF8.GetBytes(text));

    public string Sign(Receipt receipt) => Sign(receipt.SigningBytes());

    public static Hash256 Hash(byte b) => Hash256.FromBytes([.. Enumerable.Repeat(b, 32)]);
}
