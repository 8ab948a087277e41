namespace Hypernode.Solana;

/// <summary>The two questions about points of edwards25519 that the chain asks and we have to answer alike.</summary>
internal static class Curve25519
{
    // The curve's d = -121665 / 121666.
    private static readonly FieldElement D = FieldElement.FromBytes(Convert.FromHexString("a3785913ca4deb75abd841414d0a700098e879777940c78c73fe6f2bee6c0352"));

    // y of every point whose order divides 8, canonical or not, the sign bit cleared.
    private static readonly byte[][] SmallOrder =
    [
        Convert.FromHexString("0000000000000000000000000000000000000000000000000000000000000000"),
        Convert.FromHexString("0100000000000000000000000000000000000000000000000000000000000000"),
        Convert.FromHexString("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
        Convert.FromHexString("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
        Convert.FromHexString("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
        Convert.FromHexString("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
        Convert.FromHexString("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
    ];

    /// <summary>
    /// Do these 32 bytes decompress to a point? A program-derived address must not, so that no key can sign for it.
    /// Like the chain's own check, y is taken modulo p and the sign of x = 0 does not matter.
    /// </summary>
    public static bool IsOnCurve(ReadOnlySpan<byte> compressed)
    {
        var y2 = FieldElement.FromBytes(compressed).Squared();
        var u = y2 - FieldElement.One;
        var v = D * y2 + FieldElement.One;
        // x² = u/v has a root exactly when u·v has one (v is never zero), which saves the inversion.
        return (u * v).IsSquare();
    }

    /// <summary>Signatures under such a key prove nothing: the chain's precompile refuses them and so do we.</summary>
    public static bool IsSmallOrder(ReadOnlySpan<byte> compressed)
    {
        Span<byte> y = stackalloc byte[32];
        compressed.CopyTo(y);
        y[31] &= 0x7f;
        foreach (var point in SmallOrder)
        {
            if (y.SequenceEqual(point))
            {
                return true;
            }
        }

        return false;
    }
}
