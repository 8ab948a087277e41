using Hypernode.Solana.Facilitator;

namespace Hypernode.Solana.NodeRegistry;

/// <summary>What the registry tells the world in its logs. Amounts are base units, times seconds since the epoch.</summary>
public abstract record NodeRegistryEvent(Guid NodeId)
{
    public sealed record NodeRegistered(Guid NodeId, PublicKey Authority, PublicKey NodeKey) : NodeRegistryEvent(NodeId);

    public sealed record MetadataUpdated(Guid NodeId, byte[] MetadataHash) : NodeRegistryEvent(NodeId);

    public sealed record StakeChanged(Guid NodeId, ulong Added, ulong StakeAmount, NodeTier Tier) : NodeRegistryEvent(NodeId);

    public sealed record UnstakeRequested(Guid NodeId, ulong Amount, ulong StakeAmount, ulong Unstaking, long UnstakeAt, NodeTier Tier)
        : NodeRegistryEvent(NodeId);

    public sealed record StakeWithdrawn(Guid NodeId, ulong Amount, ulong Unstaking) : NodeRegistryEvent(NodeId);

    public sealed record NodeStatusChanged(Guid NodeId, NodeStatus From, NodeStatus To, bool Attested) : NodeRegistryEvent(NodeId);

    public sealed record OutcomesRecorded(Guid NodeId, ulong Sequence, uint Completed, uint Faults, ulong Earned, ushort Reputation)
        : NodeRegistryEvent(NodeId);

    public sealed record SlashProposed(Guid NodeId, Guid IncidentId, ulong Amount, byte[] EvidenceHash, long ExecutableAt) : NodeRegistryEvent(NodeId);

    public sealed record SlashAppealed(Guid NodeId, Guid IncidentId, byte[] AppealHash, long ExecutableAt) : NodeRegistryEvent(NodeId);

    public sealed record SlashDismissed(Guid NodeId, Guid IncidentId, ulong Amount) : NodeRegistryEvent(NodeId);

    public sealed record NodeSlashed(Guid NodeId, Guid IncidentId, ulong Amount, ulong StakeAmount, ulong Unstaking, NodeTier Tier)
        : NodeRegistryEvent(NodeId);

    public sealed record NodeRetired(Guid NodeId, PublicKey Authority, ulong SlashedTotal) : NodeRegistryEvent(NodeId);

    /// <summary>The program's own events in a transaction's logs.</summary>
    public static IReadOnlyList<NodeRegistryEvent> Read(IReadOnlyList<string> logs, PublicKey registry) =>
        [.. AnchorLog.DataOf(logs, registry).Select(Decode).OfType<NodeRegistryEvent>()];

    private static NodeRegistryEvent? Decode(byte[] data)
    {
        var r = new WireReader(data.AsSpan(AnchorDiscriminator.Size));
        // Arguments are evaluated in order, which is the order on the wire.
        return data switch
        {
            _ when AnchorLog.Is(data, nameof(NodeRegistered)) => new NodeRegistered(r.Uuid(), r.Key(), r.Key()),
            _ when AnchorLog.Is(data, nameof(MetadataUpdated)) => new MetadataUpdated(r.Uuid(), r.Bytes(32)),
            _ when AnchorLog.Is(data, nameof(StakeChanged)) => new StakeChanged(r.Uuid(), r.U64(), r.U64(), (NodeTier)r.U8()),
            _ when AnchorLog.Is(data, nameof(UnstakeRequested)) => new UnstakeRequested(r.Uuid(), r.U64(), r.U64(), r.U64(), r.I64(), (NodeTier)r.U8()),
            _ when AnchorLog.Is(data, nameof(StakeWithdrawn)) => new StakeWithdrawn(r.Uuid(), r.U64(), r.U64()),
            _ when AnchorLog.Is(data, nameof(NodeStatusChanged)) => new NodeStatusChanged(r.Uuid(), (NodeStatus)r.U8(), (NodeStatus)r.U8(), r.U8() == 1),
            _ when AnchorLog.Is(data, nameof(OutcomesRecorded)) => new OutcomesRecorded(r.Uuid(), r.U64(), r.U32(), r.U32(), r.U64(), r.U16()),
            _ when AnchorLog.Is(data, nameof(SlashProposed)) => new SlashProposed(r.Uuid(), r.Uuid(), r.U64(), r.Bytes(32), r.I64()),
            _ when AnchorLog.Is(data, nameof(SlashAppealed)) => new SlashAppealed(r.Uuid(), r.Uuid(), r.Bytes(32), r.I64()),
            _ when AnchorLog.Is(data, nameof(SlashDismissed)) => new SlashDismissed(r.Uuid(), r.Uuid(), r.U64()),
            _ when AnchorLog.Is(data, nameof(NodeSlashed)) => new NodeSlashed(r.Uuid(), r.Uuid(), r.U64(), r.U64(), r.U64(), (NodeTier)r.U8()),
            _ when AnchorLog.Is(data, nameof(NodeRetired)) => new NodeRetired(r.Uuid(), r.Key(), r.U64()),
            _ => null,
        };
    }
}
