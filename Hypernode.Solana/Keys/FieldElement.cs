using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Hypernode.Solana;

/// <summary>
/// A number modulo p = 2^255 - 19 in five limbs of 51 bits, least significant first. Limbs may exceed their 51 bits by a few:
/// every product carries, and only <see cref="IsZero"/> and <see cref="IsOne"/> reduce all the way. For public values: the time
/// that it takes depends on them.
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal readonly struct FieldElement(ulong l0, ulong l1, ulong l2, ulong l3, ulong l4)
{
    private const int LimbBits = 51;
    private const ulong Mask = (1UL << LimbBits) - 1;

    // 2^255 = 19 (mod p): what leaves the top limb comes back into the lowest one so many times.
    private const ulong Fold = 19;

    // 4p, limb by limb: added before a subtraction, so that no limb gets below zero.
    private const ulong FourP0 = 4 * (Mask - 18);
    private const ulong FourP = 4 * Mask;

    private readonly ulong l0 = l0, l1 = l1, l2 = l2, l3 = l3, l4 = l4;

    public static FieldElement One => new(1, 0, 0, 0, 0);

    /// <summary>32 bytes, little-endian; the top bit does not count, and a value of p or more is taken modulo p.</summary>
    public static FieldElement FromBytes(ReadOnlySpan<byte> bytes)
    {
        var w0 = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        var w1 = BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]);
        var w2 = BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]);
        var w3 = BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]);
        return new FieldElement(
            w0 & Mask,
            (w0 >> 51 | w1 << 13) & Mask,
            (w1 >> 38 | w2 << 26) & Mask,
            (w2 >> 25 | w3 << 39) & Mask,
            w3 >> 12 & Mask);
    }

    public bool IsZero => Reduced() is (0, 0, 0, 0, 0);

    public bool IsOne => Reduced() is (1, 0, 0, 0, 0);

    public static FieldElement operator +(in FieldElement a, in FieldElement b) =>
        Carried(a.l0 + b.l0, a.l1 + b.l1, a.l2 + b.l2, a.l3 + b.l3, a.l4 + b.l4);

    public static FieldElement operator -(in FieldElement a, in FieldElement b) => Carried(
        a.l0 + FourP0 - b.l0, a.l1 + FourP - b.l1, a.l2 + FourP - b.l2, a.l3 + FourP - b.l3, a.l4 + FourP - b.l4);

    public static FieldElement operator *(in FieldElement a, in FieldElement b)
    {
        var (b1, b2, b3, b4) = (b.l1 * Fold, b.l2 * Fold, b.l3 * Fold, b.l4 * Fold);
        var (r0, r1, r2, r3, r4) = (default(Sum), default(Sum), default(Sum), default(Sum), default(Sum));
        r0.Add(a.l0, b.l0).Add(a.l1, b4).Add(a.l2, b3).Add(a.l3, b2).Add(a.l4, b1);
        r1.Add(a.l0, b.l1).Add(a.l1, b.l0).Add(a.l2, b4).Add(a.l3, b3).Add(a.l4, b2);
        r2.Add(a.l0, b.l2).Add(a.l1, b.l1).Add(a.l2, b.l0).Add(a.l3, b4).Add(a.l4, b3);
        r3.Add(a.l0, b.l3).Add(a.l1, b.l2).Add(a.l2, b.l1).Add(a.l3, b.l0).Add(a.l4, b4);
        r4.Add(a.l0, b.l4).Add(a.l1, b.l3).Add(a.l2, b.l2).Add(a.l3, b.l1).Add(a.l4, b.l0);
        return Carried(ref r0, ref r1, ref r2, ref r3, ref r4);
    }

    public FieldElement Squared()
    {
        var (d0, d1, d2) = (l0 * 2, l1 * 2, l2 * 2);
        var (f3, f4) = (l3 * Fold, l4 * Fold);
        var (r0, r1, r2, r3, r4) = (default(Sum), default(Sum), default(Sum), default(Sum), default(Sum));
        r0.Add(l0, l0).Add(d1, f4).Add(d2, f3);
        r1.Add(d0, l1).Add(d2, f4).Add(l3, f3);
        r2.Add(d0, l2).Add(l1, l1).Add(l3 * 2, f4);
        r3.Add(d0, l3).Add(d1, l2).Add(l4, f4);
        r4.Add(d0, l4).Add(d1, l3).Add(l2, l2);
        return Carried(ref r0, ref r1, ref r2, ref r3, ref r4);
    }

    /// <summary>Zero, or a square of something: by Euler's criterion, the power (p - 1) / 2 = 2^254 - 10.</summary>
    public bool IsSquare()
    {
        if (IsZero)
        {
            return true;
        }

        var (x2, _, ones250) = Powers();
        var root = this * ones250.Squared(2);
        // 4 (2^252 - 3) + 2 = 2^254 - 10
        return (root.Squared(2) * x2).IsOne;
    }

    /// <summary>Zero has none: it stays zero. By Fermat, the power p - 2 = 2^255 - 21 = 32 (2^250 - 1) + 11.</summary>
    public FieldElement Inverted()
    {
        var (_, x11, ones250) = Powers();
        return ones250.Squared(5) * x11;
    }

    /// <returns>32 bytes, little-endian, of the one value below p</returns>
    public byte[] ToBytes()
    {
        var (r0, r1, r2, r3, r4) = Reduced();
        var bytes = new byte[32];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, r0 | r1 << 51);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(8), r1 >> 13 | r2 << 38);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(16), r2 >> 26 | r3 << 25);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(24), r3 >> 39 | r4 << 12);
        return bytes;
    }

    /// <summary>The usual chain, whose steps are named by the exponent that they have reached: 2, 11, and 2^250 - 1.</summary>
    private (FieldElement X2, FieldElement X11, FieldElement Ones250) Powers()
    {
        var x2 = Squared();
        var x9 = this * x2.Squared(2);
        var x11 = x2 * x9;
        var ones5 = x9 * x11.Squared();
        var ones10 = ones5 * ones5.Squared(5);
        var ones20 = ones10 * ones10.Squared(10);
        var ones40 = ones20 * ones20.Squared(20);
        var ones50 = ones10 * ones40.Squared(10);
        var ones100 = ones50 * ones50.Squared(50);
        var ones200 = ones100 * ones100.Squared(100);
        return (x2, x11, ones50 * ones200.Squared(50));
    }

    private FieldElement Squared(int times)
    {
        var value = this;
        for (var i = 0; i < times; i++)
        {
            value = value.Squared();
        }

        return value;
    }

    /// <summary>The one representation below p.</summary>
    private (ulong, ulong, ulong, ulong, ulong) Reduced()
    {
        var carried = Carried(l0, l1, l2, l3, l4);
        // Is it p or more? Then adding 19 overflows 255 bits.
        var q = (carried.l0 + Fold) >> LimbBits;
        q = (carried.l1 + q) >> LimbBits;
        q = (carried.l2 + q) >> LimbBits;
        q = (carried.l3 + q) >> LimbBits;
        q = (carried.l4 + q) >> LimbBits;
        var r0 = carried.l0 + Fold * q;
        var r1 = carried.l1 + (r0 >> LimbBits);
        var r2 = carried.l2 + (r1 >> LimbBits);
        var r3 = carried.l3 + (r2 >> LimbBits);
        var r4 = carried.l4 + (r3 >> LimbBits);
        return (r0 & Mask, r1 & Mask, r2 & Mask, r3 & Mask, r4 & Mask);
    }

    /// <summary>Limbs of less than 2^52, from any that fit 64 bits.</summary>
    private static FieldElement Carried(ulong r0, ulong r1, ulong r2, ulong r3, ulong r4)
    {
        r1 += r0 >> LimbBits;
        r2 += r1 >> LimbBits;
        r3 += r2 >> LimbBits;
        r4 += r3 >> LimbBits;
        return new FieldElement((r0 & Mask) + (r4 >> LimbBits) * Fold, r1 & Mask, r2 & Mask, r3 & Mask, r4 & Mask);
    }

    private static FieldElement Carried(ref Sum r0, ref Sum r1, ref Sum r2, ref Sum r3, ref Sum r4)
    {
        r1.Add(r0.High);
        r2.Add(r1.High);
        r3.Add(r2.High);
        r4.Add(r3.High);
        // The top carry is below 2^58, so its nineteenfold fits 64 bits; a last step brings the lowest limb back to its size.
        var low = (r0.Low & Mask) + r4.High * Fold;
        return new FieldElement(low & Mask, (r1.Low & Mask) + (low >> LimbBits), r2.Low & Mask, r3.Low & Mask, r4.Low & Mask);
    }

    /// <summary>A sum of products, 128 bits wide.</summary>
    [StructLayout(LayoutKind.Auto)]
    private struct Sum
    {
        private ulong high;

        public ulong Low { get; private set; }

        /// <summary>All above the limb.</summary>
        public readonly ulong High => high << (64 - LimbBits) | Low >> LimbBits;

        [UnscopedRef]
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public ref Sum Add(ulong a, ulong b)
        {
            var top = Math.BigMul(a, b, out var bottom);
            Low += bottom;
            high += top + (Low < bottom ? 1UL : 0UL);
            return ref this;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Add(ulong carry)
        {
            Low += carry;
            high += Low < carry ? 1UL : 0UL;
        }
    }
}
