namespace Hypernode.Storage.Model;

// The tables as EF Core reads them; the migrations say what the columns mean. Ids, addresses and hashes are their text.

internal sealed class UserRecord
{
    public Guid Id { get; set; }
    public required string WalletAddress { get; set; }
    public DateTimeOffset CreatedAt { get; set; }
    public DateTimeOffset? LastSeen { get; set; }
}

internal sealed class NodeRecord
{
    public required string NodeId { get; set; }
    public Guid UserId { get; set; }
    public required string NodeKey { get; set; }
    public required string Hostname { get; set; }
    public required string Status { get; set; }
    public int Slots { get; set; }
    public int CpuMillis { get; set; }
    public int MemoryMb { get; set; }
    public long PricePerSecond { get; set; }
    public required string GpuInfo { get; set; }
    public required string Images { get; set; }
    public long TotalEarned { get; set; }
    public long TotalJobsCompleted { get; set; }
    public DateTimeOffset RegisteredAt { get; set; }
}

/// <summary>Without the saga's JSON, which the journal alone reads.</summary>
internal sealed class JobRecord
{
    public required string JobId { get; set; }
    public Guid UserId { get; set; }
    public string? AssignedNodeId { get; set; }
    public required string Status { get; set; }
    public required string State { get; set; }
    public int Attempt { get; set; }
    public string? Outcome { get; set; }
    public string? EscrowPubkey { get; set; }
    public string? ExecutionHash { get; set; }
    public string? LogsHash { get; set; }
    public string? ProofTx { get; set; }
    public long? Charge { get; set; }
    public long? NodeShare { get; set; }
    public long? ProtocolFee { get; set; }
    public long? PlatformFee { get; set; }
    public long? Refund { get; set; }
    public required string Signatures { get; set; }
    public required string Spec { get; set; }
    public required string SpecHash { get; set; }
    public long SettleBy { get; set; }
    public required string Salt { get; set; }
    public string? PaymentMint { get; set; }
    public DateTimeOffset CreatedAt { get; set; }
    public DateTimeOffset? CompletedAt { get; set; }
}

internal sealed class PaymentIntentRecord
{
    public required string IntentId { get; set; }
    public required string Client { get; set; }
    public long Amount { get; set; }
    public required string JobId { get; set; }
    public required string Signature { get; set; }
    public required string Nonce { get; set; }
    public DateTimeOffset CreatedAt { get; set; }
    public DateTimeOffset ExpiresAt { get; set; }
}

internal sealed class TransitionRecord
{
    public required string JobId { get; set; }
    public int Version { get; set; }
    public int Step { get; set; }
    public required string State { get; set; }
    public DateTimeOffset At { get; set; }
    public required string Cause { get; set; }
    public int Attempt { get; set; }
}

internal sealed class LeaseRecord
{
    public required string JobId { get; set; }
    public int Attempt { get; set; }
    public required string NodeId { get; set; }
    public int Slot { get; set; }
    public required string Challenge { get; set; }
    public long RatePerSecond { get; set; }
    public bool Live { get; set; }
    public DateTimeOffset TakenAt { get; set; }
    public DateTimeOffset? FirstBeatAt { get; set; }
    public DateTimeOffset? LastBeatAt { get; set; }
}

internal sealed class LivenessRecord
{
    public required string NodeId { get; set; }
    public DateTimeOffset LastSeen { get; set; }
}

internal sealed class LogRecord
{
    public required string JobId { get; set; }
    public int Attempt { get; set; }
    public long Seq { get; set; }
    public required string Stream { get; set; }
    public long At { get; set; }
    public required byte[] Data { get; set; }
    public required string Hash { get; set; }
    public DateTimeOffset ReceivedAt { get; set; }
}

internal sealed class ReceiptRecord
{
    public long Arrival { get; set; }
    public required string JobId { get; set; }
    public int Attempt { get; set; }
    public required string NodeId { get; set; }
    public required string ReceiptHash { get; set; }
    public required string Body { get; set; }
    public required string Signature { get; set; }
    public DateTimeOffset ReceivedAt { get; set; }
}
