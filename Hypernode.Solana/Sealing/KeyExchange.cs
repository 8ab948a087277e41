using System.Security.Cryptography;
using Hypernode.Solana.Keys.Adapters;

namespace Hypernode.Solana;

/// <summary>
/// X25519 (RFC 7748) with keys that were made for Ed25519: the two curves are one, seen from two sides, so a node or wallet needs no
/// second key. The same conversion as libsodium's and age's.
/// </summary>
internal static class KeyExchange
{
    public const int KeyLength = 32;

    /// <summary>u = (1 + y) / (1 - y).</summary>
    /// <returns>null when nobody can have the secret of it: no point of the curve (a program's address), or one of small order</returns>
    public static byte[]? PublicOf(PublicKey key)
    {
        if (!Curve25519.IsOnCurve(key.AsSpan()) || Curve25519.IsSmallOrder(key.AsSpan()))
        {
            return null;
        }

        var y = FieldElement.FromBytes(key.AsSpan());
        return ((FieldElement.One + y) * (FieldElement.One - y).Inverted()).ToBytes();
    }

    /// <param name="seed">of the Ed25519 key</param>
    /// <returns>the scalar that Ed25519 multiplies with, clamped as RFC 8032 and RFC 7748 both have it</returns>
    public static byte[] SecretOf(ReadOnlySpan<byte> seed)
    {
        Span<byte> hash = stackalloc byte[64];
        SHA512.HashData(seed, hash);
        var secret = hash[..KeyLength].ToArray();
        CryptographicOperations.ZeroMemory(hash);
        secret[0] &= 248;
        secret[31] = (byte)(secret[31] & 127 | 64);
        return secret;
    }

    public static byte[] PublicFrom(byte[] secret) => BouncyCastleX25519.PublicFrom(secret);

    /// <returns>null when the other side's point gives away the result, whatever our secret is</returns>
    public static byte[]? Agree(byte[] secret, ReadOnlySpan<byte> otherPublic) => BouncyCastleX25519.Agree(secret, otherPublic.ToArray());
}
