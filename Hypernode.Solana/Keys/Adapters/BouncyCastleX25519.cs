using Rfc7748 = Org.BouncyCastle.Math.EC.Rfc7748.X25519;

namespace Hypernode.Solana.Keys.Adapters;

/// <summary>X25519 in managed code; once a file, so its speed does not matter.</summary>
internal static class BouncyCastleX25519
{
    public static byte[] PublicFrom(byte[] secret)
    {
        var result = new byte[KeyExchange.KeyLength];
        Rfc7748.ScalarMultBase(secret, 0, result, 0);
        return result;
    }

    /// <returns>null when the result is all zero (RFC 7748, section 6.1)</returns>
    public static byte[]? Agree(byte[] secret, byte[] otherPublic)
    {
        var result = new byte[KeyExchange.KeyLength];
        return Rfc7748.CalculateAgreement(secret, 0, otherPublic, 0, result, 0) ? result : null;
    }
}
