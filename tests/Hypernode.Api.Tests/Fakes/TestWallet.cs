using System.Text;
using Hypernode.Contracts.Intents;
using Hypernode.Solana;
using Base58 = Hypernode.Contracts.Text.Base58;

namespace Hypernode.Api.Tests.Fakes;

/// <summary>A real Ed25519 key, from a seed of one repeated byte.</summary>
public sealed class TestWallet
{
    private readonly byte[] _seed;

    public TestWallet(byte seed)
    {
        _seed = [.. Enumerable.Repeat(seed, 32)];
        Address = WalletAddress.FromBytes(Ed25519.PublicKeyFromSeed(_seed));
    }

    public static TestWallet Alice { get; } = new(1);

    public static TestWallet Bob { get; } = new(2);

    public static TestWallet Node { get; } = new(3);

    public WalletAddress Address { get; }

    public string Sign(string text) => Base58.Encode(Sign(Encoding.UTF8.GetBytes(text)));

    public byte[] Sign(ReadOnlySpan<byte> message) => Ed25519.Sign(_seed, message);

    public static bool Verify(WalletAddress signer, ReadOnlySpan<byte> message, string signature) =>
        Base58.TryDecode(signature, out var bytes) && bytes.Length == 64 && Ed25519.Verify(signer.ToBytes(), message, bytes);
}
