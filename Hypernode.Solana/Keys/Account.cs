using System.Diagnostics;
using System.Security.Cryptography;

namespace Hypernode.Solana;

/// <summary>A key pair that signs. Its secret leaves the object only through <see cref="KeyFile"/>; every text of it is the public key.</summary>
[DebuggerDisplay("{PublicKey}")]
public sealed class Account : ISigner, IDisposable
{
    private readonly byte[] seed;
    private readonly IEd25519Signer signer;

    private Account(byte[] seed)
    {
        this.seed = seed;
        signer = Ed25519.Signer(seed);
        PublicKey = new PublicKey(signer.PublicKey);
    }

    /// <summary>A new random key pair.</summary>
    public Account()
        : this(RandomNumberGenerator.GetBytes(Ed25519.SeedLength))
    {
    }

    public PublicKey PublicKey { get; }

    /// <param name="seed">32 bytes; copied</param>
    public static Account FromSeed(ReadOnlySpan<byte> seed)
    {
        if (seed.Length != Ed25519.SeedLength)
        {
            throw new ArgumentException($"An Ed25519 seed has {Ed25519.SeedLength} bytes, not {seed.Length}.", nameof(seed));
        }

        return new Account(seed.ToArray());
    }

    /// <param name="secret">64 bytes, seed and public key, as wallets and the Solana CLI keep them</param>
    /// <exception cref="FormatException">not 64 bytes, or the halves do not belong together</exception>
    public static Account FromSecretKey(ReadOnlySpan<byte> secret)
    {
        if (secret.Length != 64)
        {
            throw new FormatException("A Solana secret key has 64 bytes.");
        }

        var account = FromSeed(secret[..32]);
        if (!account.PublicKey.AsSpan().SequenceEqual(secret[32..]))
        {
            account.Dispose();
            throw new FormatException("The two halves of this secret key do not belong together.");
        }

        return account;
    }

    /// <returns>64 bytes</returns>
    public byte[] Sign(ReadOnlySpan<byte> message) => signer.Sign(message);

    ValueTask<byte[]> ISigner.SignAsync(ReadOnlyMemory<byte> message, CancellationToken cancellation) => new(Sign(message.Span));

    public bool Verify(ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature) => PublicKey.Verify(message, signature);

    public override string ToString() => PublicKey.Key;

    /// <summary>What this key is in X25519, to open what was sealed to its public key; the caller clears it.</summary>
    internal byte[] ExportExchangeKey() => KeyExchange.SecretOf(seed);

    /// <summary>Seed and public key; the caller clears it.</summary>
    internal byte[] ExportSecretKey() => [.. seed, .. PublicKey.AsSpan()];

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(seed);
        signer.Dispose();
    }
}
