using System.Buffers.Binary;
using System.Security.Cryptography;
using Hypernode.Contracts.Text;

namespace Hypernode.Contracts.Intents;

/// <summary>What the opaque nonce of an intent commits to: everything that its text does not say. The program on chain recomputes it.</summary>
public static class IntentNonce
{
    /// <summary>SHA-256("HYPERNODE/intent-nonce/v1" ‖ cluster ‖ program ‖ mint ‖ payer ‖ specHash ‖ settle_by i64le ‖ salt), each of 32 bytes but settle_by.</summary>
    /// <param name="settleBy">Seconds since the epoch.</param>
    public static Hash256 Compute(Deployment deployment, WalletAddress payer, Hash256 specHash, long settleBy, Hash256 salt)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        sha.AppendData("HYPERNODE/intent-nonce/v1"u8);
        sha.AppendData(deployment.Cluster.ToBytes());
        sha.AppendData(deployment.Program.ToBytes());
        sha.AppendData(deployment.Mint.ToBytes());
        sha.AppendData(payer.ToBytes());
        sha.AppendData(specHash.ToBytes());
        Span<byte> time = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(time, settleBy);
        sha.AppendData(time);
        sha.AppendData(salt.ToBytes());
        return Hash256.FromBytes(sha.GetHashAndReset());
    }
}
