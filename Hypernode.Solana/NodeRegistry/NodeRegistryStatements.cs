using System.Security.Cryptography;

namespace Hypernode.Solana.NodeRegistry;

/// <summary>What the oracles say of a node's status.</summary>
/// <param name="Sequence">one more than the node's</param>
/// <param name="ValidUntil">seconds since the epoch</param>
public sealed record StatusStatement(Guid NodeId, ulong Sequence, NodeStatus Status, long ValidUntil)
{
    /// <summary>The 32 bytes that each oracle signs.</summary>
    /// <param name="cluster">32 bytes, from Config</param>
    public byte[] Digest(ReadOnlySpan<byte> cluster, PublicKey program) => SHA256.HashData(
        RegistryDomain.Of("HYPERNODE/node-status/v1"u8, cluster, program).Uuid(NodeId).U64(Sequence).U8((byte)Status).I64(ValidUntil).ToArray());
}

/// <summary>What a node did since the statement before this one.</summary>
/// <param name="Sequence">one more than the node's: each counts once</param>
/// <param name="Earned">base units</param>
/// <param name="LastActiveAt">seconds since the epoch</param>
/// <param name="ValidUntil">seconds since the epoch</param>
public sealed record OutcomesStatement(Guid NodeId, ulong Sequence, uint Completed, uint Faults, ulong Earned, long LastActiveAt, long ValidUntil)
{
    /// <summary>The 32 bytes that each oracle signs.</summary>
    /// <param name="cluster">32 bytes, from Config</param>
    public byte[] Digest(ReadOnlySpan<byte> cluster, PublicKey program) => SHA256.HashData(
        RegistryDomain.Of("HYPERNODE/node-outcomes/v1"u8, cluster, program)
            .Uuid(NodeId).U64(Sequence).U32(Completed).U32(Faults).U64(Earned).I64(LastActiveAt).I64(ValidUntil).ToArray());
}

/// <summary>A node did wrong, and this is what it should cost.</summary>
/// <param name="Amount">base units</param>
/// <param name="EvidenceHash">32 bytes</param>
/// <param name="ValidUntil">seconds since the epoch</param>
public sealed record SlashStatement(Guid NodeId, Guid IncidentId, ulong Amount, byte[] EvidenceHash, long ValidUntil)
{
    /// <summary>The 32 bytes that each oracle signs.</summary>
    /// <param name="cluster">32 bytes, from Config</param>
    public byte[] Digest(ReadOnlySpan<byte> cluster, PublicKey program) => SHA256.HashData(
        RegistryDomain.Of("HYPERNODE/slash/v1"u8, cluster, program)
            .Uuid(NodeId).Uuid(IncidentId).U64(Amount).Fixed(EvidenceHash, 32, "An evidence hash").I64(ValidUntil).ToArray());
}

/// <summary>A proposed slash was a mistake, or its appeal was heard.</summary>
/// <param name="ValidUntil">seconds since the epoch</param>
public sealed record DismissalStatement(Guid NodeId, Guid IncidentId, long ValidUntil)
{
    /// <summary>The 32 bytes that each oracle signs.</summary>
    /// <param name="cluster">32 bytes, from Config</param>
    public byte[] Digest(ReadOnlySpan<byte> cluster, PublicKey program) => SHA256.HashData(
        RegistryDomain.Of("HYPERNODE/slash-dismissal/v1"u8, cluster, program).Uuid(NodeId).Uuid(IncidentId).I64(ValidUntil).ToArray());
}

internal static class RegistryDomain
{
    public static WireWriter Of(ReadOnlySpan<byte> domain, ReadOnlySpan<byte> cluster, PublicKey program) =>
        new WireWriter().Bytes(domain).Fixed(cluster, 32, "A cluster id").Key(program);
}
