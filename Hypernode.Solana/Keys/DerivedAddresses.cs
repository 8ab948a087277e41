using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Hypernode.Solana;

/// <summary>
/// Program-derived addresses that were asked for lately. Config, vaults and allowances are asked for with every transaction, a
/// payment's two addresses a few times in its life. Two generations: when the young one is full, the old one goes; what is
/// asked for again moves to the young one.
/// </summary>
internal sealed class DerivedAddresses(int generation)
{
    /// <summary>About 2 MB at most.</summary>
    private const int DefaultGeneration = 4_096;

    private readonly Lock turn = new();
    private ConcurrentDictionary<Preimage, (PublicKey Address, byte Bump)> young = new();
    private ConcurrentDictionary<Preimage, (PublicKey Address, byte Bump)> old = new();

    public static DerivedAddresses Shared { get; } = new(DefaultGeneration);

    /// <summary>What ends every preimage, so that no other hash on the chain can be taken for an address.</summary>
    public static ReadOnlySpan<byte> Marker => "ProgramDerivedAddress"u8;

    public int Count => young.Count + old.Count;

    /// <param name="seeds">one behind the other; the chain hashes them like that too, so where one ends does not matter</param>
    public (PublicKey Address, byte Bump) Find(byte[] seeds, PublicKey programId)
    {
        var key = new Preimage(seeds, programId);
        if (young.TryGetValue(key, out var known))
        {
            return known;
        }

        if (!old.TryGetValue(key, out known))
        {
            known = Derive(seeds, programId);
        }

        Keep(key, known);
        return known;
    }

    private void Keep(Preimage key, (PublicKey Address, byte Bump) found)
    {
        if (young.Count >= generation)
        {
            lock (turn)
            {
                if (young.Count >= generation)
                {
                    old = young;
                    young = new ConcurrentDictionary<Preimage, (PublicKey Address, byte Bump)>();
                }
            }
        }

        young[key] = found;
    }

    private static (PublicKey Address, byte Bump) Derive(byte[] seeds, PublicKey programId)
    {
        byte[] preimage = [.. seeds, 0, .. programId.AsSpan(), .. Marker];
        for (var bump = 255; bump >= 0; bump--)
        {
            preimage[seeds.Length] = (byte)bump;
            if (TryDerive(preimage, out var address))
            {
                return (address, (byte)bump);
            }
        }

        throw new InvalidOperationException("No bump puts these seeds off the curve.");
    }

    /// <param name="preimage">seeds, bump, program and <see cref="Marker"/></param>
    public static bool TryDerive(ReadOnlySpan<byte> preimage, [NotNullWhen(true)] out PublicKey? address)
    {
        Span<byte> candidate = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(preimage, candidate);
        address = Curve25519.IsOnCurve(candidate) ? null : new PublicKey(candidate);
        return address is not null;
    }

    [StructLayout(LayoutKind.Auto)]
    private readonly struct Preimage(byte[] seeds, PublicKey programId) : IEquatable<Preimage>
    {
        private readonly byte[] seeds = seeds;
        private readonly PublicKey programId = programId;

        public bool Equals(Preimage other) => programId.Equals(other.programId) && seeds.AsSpan().SequenceEqual(other.seeds);

        public override bool Equals(object? obj) => obj is Preimage other && Equals(other);

        public override int GetHashCode()
        {
            var hash = default(HashCode);
            hash.AddBytes(seeds);
            hash.Add(programId);
            return hash.ToHashCode();
        }
    }
}
