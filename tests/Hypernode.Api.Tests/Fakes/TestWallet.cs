using System.Text;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Text;
using Org.BouncyCastle.Math.EC.Rfc8032;

namespace Hypernode.Api.Tests.Fakes;

/// <summary>A real Ed25519 key, from a seed of one repeated byte.</summary>
public sealed class TestWallet
{
    private readonly byte[] _secret;

    public TestWallet(byte seed)
    {
        _secret = [.. Enumerable.Repeat(seed, 32)];
        var key = new byte[32];
        Ed25519.GeneratePublicKey(_secret, 0, key, 0);
        Address = WalletAddress.FromBytes(key);
    }

    public static TestWallet Alice { get; } = new(1);

    public static TestWallet Bob { get; } = new(2);

    public static TestWallet Node { get; } = new(3);

    public WalletAddress Address { get; }

    public string Sign(string text)
    {
        var message = Encoding.UTF8.GetBytes(text);
        var signature = new byte[64];
        Ed25519.Sign(_secret, 0, message, 0, message.Length, signature, 0);
        return Base58.Encode(signature);
    }

    public static bool Verify(WalletAddress signer, ReadOnlySpan<byte> message, string signature) =>
        Base58.TryDecode(signature, out var bytes)
        && bytes.Length == 64
        && Ed25519.Verify(bytes, 0, signer.ToBytes(), 0, message.ToArray(), 0, message.Length);
}
