using System.Security.Cryptography;

namespace Hypernode.Solana.Facilitator;

public enum ProofVerdict : byte
{
    Succeeded = 0,
    JobFault = 1,
    Cancelled = 2,
}

/// <summary>What the oracles say of an attempt that is to be paid.</summary>
/// <param name="Node">the assigned authority wallet</param>
/// <param name="Charge">base units, 1 to the payment's amount</param>
/// <param name="ExecutionHash">32 bytes</param>
/// <param name="LogsHash">32 bytes</param>
/// <param name="ValidUntil">seconds since the epoch</param>
public sealed record UsageProof(
    Guid IntentId, uint Attempt, PublicKey Node, ProofVerdict Verdict, ulong Charge, byte[] ExecutionHash, byte[] LogsHash, long ValidUntil)
{
    /// <summary>The 32 bytes that each oracle signs.</summary>
    /// <param name="cluster">32 bytes, from Config</param>
    public byte[] Digest(ReadOnlySpan<byte> cluster, PublicKey program) => SHA256.HashData(new WireWriter()
        .Bytes("HYPERNODE/usage-proof/v1"u8)
        .Fixed(cluster, 32, "A cluster id")
        .Key(program)
        .Uuid(IntentId)
        .U32(Attempt)
        .Key(Node)
        .Fixed(ExecutionHash, 32, "An execution hash")
        .Fixed(LogsHash, 32, "A logs hash")
        .U8((byte)Verdict)
        .U64(Charge)
        .I64(ValidUntil)
        .ToArray());
}

/// <summary>What the oracles say of a payment whose attempts are used up.</summary>
/// <param name="Reason">the oracles' own number; the event on chain says 2, failed</param>
/// <param name="ValidUntil">seconds since the epoch</param>
public sealed record RefundOrder(Guid IntentId, uint Attempt, byte Reason, long ValidUntil)
{
    /// <summary>The 32 bytes that each oracle signs.</summary>
    /// <param name="cluster">32 bytes, from Config</param>
    public byte[] Digest(ReadOnlySpan<byte> cluster, PublicKey program) => SHA256.HashData(new WireWriter()
        .Bytes("HYPERNODE/refund/v1"u8)
        .Fixed(cluster, 32, "A cluster id")
        .Key(program)
        .Uuid(IntentId)
        .U32(Attempt)
        .U8(Reason)
        .I64(ValidUntil)
        .ToArray());
}

/// <summary>What an intent's text does not say and its nonce commits to.</summary>
public static class IntentNonce
{
    /// <param name="cluster">32 bytes, from Config</param>
    /// <param name="specHash">32 bytes</param>
    /// <param name="settleBy">seconds since the epoch</param>
    /// <param name="salt">32 bytes</param>
    public static byte[] Compute(
        ReadOnlySpan<byte> cluster, PublicKey program, PublicKey mint, PublicKey payer, ReadOnlySpan<byte> specHash, long settleBy, ReadOnlySpan<byte> salt) =>
        SHA256.HashData(new WireWriter()
            .Bytes("HYPERNODE/intent-nonce/v1"u8)
            .Fixed(cluster, 32, "A cluster id")
            .Key(program)
            .Key(mint)
            .Key(payer)
            .Fixed(specHash, 32, "A spec hash")
            .I64(settleBy)
            .Fixed(salt, 32, "A salt")
            .ToArray());
}
