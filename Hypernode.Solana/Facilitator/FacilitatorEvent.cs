namespace Hypernode.Solana.Facilitator;

/// <summary>What the program tells the world of payments in its logs. Amounts are base units.</summary>
public abstract record FacilitatorEvent(Guid IntentId)
{
    public sealed record PaymentAuthorized(Guid IntentId, Guid JobId, PublicKey Payer, ulong Amount, long SettleBy, PaymentVia Via)
        : FacilitatorEvent(IntentId);

    public sealed record NodeAssigned(Guid IntentId, uint Attempt, PublicKey Node)
        : FacilitatorEvent(IntentId);

    public sealed record PaymentCompleted(
        Guid IntentId, PublicKey Node, ulong Amount, ulong NodeShare, ulong ProtocolFee, ulong PlatformFee, ulong Refund,
        byte[] ExecutionHash, byte[] LogsHash, ProofVerdict Verdict)
        : FacilitatorEvent(IntentId);

    public sealed record PaymentRefunded(Guid IntentId, PublicKey Payer, ulong Amount, RefundCause Reason)
        : FacilitatorEvent(IntentId);

    /// <summary>The tombstone is gone, and its rent back at whoever paid it.</summary>
    public sealed record PaymentClosed(Guid IntentId, PublicKey RentPayer)
        : FacilitatorEvent(IntentId);

    /// <summary>Tokens at a deposit's address went back to the payer of its terms.</summary>
    /// <param name="Mint">of the tokens; the terms may be in another</param>
    public sealed record DepositReclaimed(Guid IntentId, PublicKey Payer, PublicKey Mint, ulong Amount)
        : FacilitatorEvent(IntentId);

    /// <summary>The program's own events in a transaction's logs: lines of other programs that look alike are not read.</summary>
    public static IReadOnlyList<FacilitatorEvent> Read(IReadOnlyList<string> logs, PublicKey facilitator) =>
        [.. AnchorLog.DataOf(logs, facilitator).Select(Decode).OfType<FacilitatorEvent>()];

    private static FacilitatorEvent? Decode(byte[] data)
    {
        var name = data.AsSpan(0, AnchorDiscriminator.Size);
        var r = new WireReader(data.AsSpan(AnchorDiscriminator.Size));
        // Arguments are evaluated in order, which is the order on the wire.
        return name switch
        {
            _ when Is(name, nameof(PaymentAuthorized)) => new PaymentAuthorized(r.Uuid(), r.Uuid(), r.Key(), r.U64(), r.I64(), (PaymentVia)r.U8()),
            _ when Is(name, nameof(NodeAssigned)) => new NodeAssigned(r.Uuid(), r.U32(), r.Key()),
            _ when Is(name, nameof(PaymentCompleted)) => new PaymentCompleted(
                r.Uuid(), r.Key(), r.U64(), r.U64(), r.U64(), r.U64(), r.U64(), r.Bytes(32), r.Bytes(32), (ProofVerdict)r.U8()),
            _ when Is(name, nameof(PaymentRefunded)) => new PaymentRefunded(r.Uuid(), r.Key(), r.U64(), (RefundCause)r.U8()),
            _ when Is(name, nameof(PaymentClosed)) => new PaymentClosed(r.Uuid(), r.Key()),
            _ when Is(name, nameof(DepositReclaimed)) => new DepositReclaimed(r.Uuid(), r.Key(), r.Key(), r.U64()),
            _ => null,
        };
    }

    private static bool Is(ReadOnlySpan<byte> discriminator, string name) => discriminator.SequenceEqual(AnchorDiscriminator.Event(name));
}

public enum RefundCause : byte
{
    Expired = 0,
    Cancelled = 1,
    Failed = 2,
}
