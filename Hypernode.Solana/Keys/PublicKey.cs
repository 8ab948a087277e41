using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Hypernode.Solana;

/// <summary>32 bytes that name an account: an Ed25519 public key or a program-derived address.</summary>
public sealed class PublicKey : IEquatable<PublicKey>, IComparable<PublicKey>
{
    public const int Length = 32;
    private const int MaxSeeds = 16;
    private const int MaxSeedLength = 32;

    private readonly byte[] bytes;
    private string? text;

    /// <param name="key">32 bytes</param>
    public PublicKey(ReadOnlySpan<byte> key)
    {
        if (key.Length != Length)
        {
            throw new ArgumentException($"A public key has {Length} bytes, not {key.Length}.", nameof(key));
        }

        bytes = key.ToArray();
    }

    /// <param name="key">base58 of 32 bytes</param>
    /// <exception cref="FormatException">anything else</exception>
    public PublicKey(string key)
    {
        if (!Base58.TryDecode(key, out bytes) || bytes.Length != Length)
        {
            throw new FormatException("Not the base58 text of a 32-byte public key.");
        }

        text = key;
    }

    /// <summary>32 zero bytes: the system program, and "nobody" in account fields.</summary>
    public static PublicKey Default { get; } = new(new byte[Length]);

    public string Key => text ??= Base58.Encode(bytes);

    /// <summary>A copy.</summary>
    public byte[] KeyBytes => [.. bytes];

    public ReadOnlySpan<byte> AsSpan() => bytes;

    public bool IsOnCurve => Curve25519.IsOnCurve(bytes);

    public static bool TryParse(string? key, [NotNullWhen(true)] out PublicKey? publicKey)
    {
        publicKey = key is { Length: >= 32 and <= 44 } && Base58.TryDecode(key, out var decoded) && decoded.Length == Length
            ? new PublicKey(decoded)
            : null;
        return publicKey is not null;
    }

    public bool Verify(ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature) => Ed25519.Verify(bytes, message, signature);

    /// <summary>
    /// The program-derived address with the highest bump that is off the curve: the canonical one, the only one that
    /// programs which look for the address themselves accept.
    /// </summary>
    public static (PublicKey Address, byte Bump) FindProgramAddress(IReadOnlyList<byte[]> seeds, PublicKey programId)
    {
        ArgumentNullException.ThrowIfNull(programId);
        RequireSeeds(seeds, MaxSeeds - 1);
        return DerivedAddresses.Shared.Find([.. seeds.SelectMany(s => s)], programId);
    }

    public static bool TryCreateProgramAddress(
        IReadOnlyList<byte[]> seeds, PublicKey programId, [NotNullWhen(true)] out PublicKey? address)
    {
        ArgumentNullException.ThrowIfNull(programId);
        RequireSeeds(seeds, MaxSeeds);
        return DerivedAddresses.TryDerive([.. seeds.SelectMany(s => s), .. programId.bytes, .. DerivedAddresses.Marker], out address);
    }

    private static void RequireSeeds(IReadOnlyList<byte[]> seeds, int most)
    {
        ArgumentNullException.ThrowIfNull(seeds);
        if (seeds.Count > most || seeds.Any(s => s.Length > MaxSeedLength))
        {
            throw new ArgumentException($"At most {most} seeds of at most {MaxSeedLength} bytes each.", nameof(seeds));
        }
    }

    /// <summary>An ordinary address that only the owner of <paramref name="baseKey"/> can make an account at.</summary>
    /// <param name="seed">at most 32 bytes</param>
    /// <param name="owner">the program that will own the account</param>
    public static PublicKey CreateWithSeed(PublicKey baseKey, string seed, PublicKey owner)
    {
        ArgumentNullException.ThrowIfNull(baseKey);
        ArgumentNullException.ThrowIfNull(owner);
        var seedBytes = Encoding.UTF8.GetBytes(seed);
        return seedBytes.Length <= MaxSeedLength
            ? new PublicKey(SHA256.HashData([.. baseKey.bytes, .. seedBytes, .. owner.bytes]))
            : throw new ArgumentException($"A seed has at most {MaxSeedLength} bytes.", nameof(seed));
    }

    public override string ToString() => Key;

    public bool Equals(PublicKey? other) => other is not null && bytes.AsSpan().SequenceEqual(other.bytes);

    public override bool Equals(object? obj) => Equals(obj as PublicKey);

    public override int GetHashCode() => MemoryMarshal.Read<int>(bytes.AsSpan(8)) ^ MemoryMarshal.Read<int>(bytes);

    /// <summary>Byte order: the order in which Solana's own compiler lists accounts of one kind.</summary>
    public int CompareTo(PublicKey? other) => other is null ? 1 : bytes.AsSpan().SequenceCompareTo(other.bytes);

    public static bool operator ==(PublicKey? left, PublicKey? right) => left is null ? right is null : left.Equals(right);

    public static bool operator !=(PublicKey? left, PublicKey? right) => !(left == right);

    public static bool operator <(PublicKey? left, PublicKey? right) => left is null ? right is not null : left.CompareTo(right) < 0;

    public static bool operator <=(PublicKey? left, PublicKey? right) => left is null || left.CompareTo(right) <= 0;

    public static bool operator >(PublicKey? left, PublicKey? right) => left is not null && left.CompareTo(right) > 0;

    public static bool operator >=(PublicKey? left, PublicKey? right) => left is null ? right is null : left.CompareTo(right) >= 0;
}
