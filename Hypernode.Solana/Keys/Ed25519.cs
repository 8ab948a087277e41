using Hypernode.Solana.Keys.Adapters;

namespace Hypernode.Solana;

/// <summary>A private key that is ready to sign. Parsing a key costs as much as a signature, so keep it.</summary>
public interface IEd25519Signer : IDisposable
{
    /// <summary>32 bytes</summary>
    byte[] PublicKey { get; }

    /// <returns>64 bytes</returns>
    byte[] Sign(ReadOnlySpan<byte> message);
}

/// <summary>A public key that is ready to verify.</summary>
public interface IEd25519Verifier : IDisposable
{
    bool Verify(ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature);
}

/// <summary>One implementation of RFC 8032's Ed25519.</summary>
internal interface IEd25519Engine
{
    IEd25519Signer Signer(ReadOnlySpan<byte> seed);

    IEd25519Verifier? Verifier(ReadOnlySpan<byte> publicKey);
}

/// <summary>
/// Ed25519 (RFC 8032, pure). OpenSSL's, which .NET on Linux brings along; BouncyCastle's where that is missing.
/// As strict as the chain's precompile: keys and nonces of small order are refused.
/// </summary>
public static class Ed25519
{
    public const int SeedLength = 32;
    public const int PublicKeyLength = 32;
    public const int SignatureLength = 64;

    private static readonly IEd25519Engine Engine = (IEd25519Engine?)OpenSslEd25519.TryLoad() ?? new BouncyCastleEd25519();

    /// <param name="seed">32 bytes; the caller may clear them afterwards</param>
    public static IEd25519Signer Signer(ReadOnlySpan<byte> seed)
    {
        RequireLength(seed, SeedLength, "seed");
        return Engine.Signer(seed);
    }

    /// <returns>null when the bytes are no usable public key</returns>
    public static IEd25519Verifier? Verifier(ReadOnlySpan<byte> publicKey) =>
        publicKey.Length == PublicKeyLength && !Curve25519.IsSmallOrder(publicKey)
            && Engine.Verifier(publicKey) is { } verifier
            ? new StrictVerifier(verifier)
            : null;

    public static byte[] PublicKeyFromSeed(ReadOnlySpan<byte> seed)
    {
        using var signer = Signer(seed);
        return signer.PublicKey;
    }

    /// <returns>64 bytes</returns>
    public static byte[] Sign(ReadOnlySpan<byte> seed, ReadOnlySpan<byte> message)
    {
        using var signer = Signer(seed);
        return signer.Sign(message);
    }

    /// <summary>False for every malformed key or signature; never throws.</summary>
    public static bool Verify(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        using var verifier = Verifier(publicKey);
        return verifier?.Verify(message, signature) ?? false;
    }

    private static void RequireLength(ReadOnlySpan<byte> bytes, int length, string what)
    {
        if (bytes.Length != length)
        {
            throw new ArgumentException($"An Ed25519 {what} has {length} bytes, not {bytes.Length}.");
        }
    }

    private sealed class StrictVerifier(IEd25519Verifier inner) : IEd25519Verifier
    {
        public bool Verify(ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature) =>
            signature.Length == SignatureLength
            && !Curve25519.IsSmallOrder(signature[..32])
            && inner.Verify(message, signature);

        public void Dispose() => inner.Dispose();
    }
}
