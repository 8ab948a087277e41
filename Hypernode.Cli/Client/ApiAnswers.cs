namespace Hypernode.Cli.Client;

// What of the API's answers this client uses; see the API's OpenAPI document for all of it. Sums are base units.

public sealed record ChallengeAnswer(string Challenge);

public sealed record LoginAnswer(string Token);

public sealed record BlobAnswer(string Sha256, long Bytes);

/// <param name="Transaction">Null unless it was asked for.</param>
public sealed record PreparedIntent(
    IntentBody PaymentIntent, string Text, RevealBody Reveal, string SpecHash, DeploymentBody Deployment, TransactionBody? Transaction = null);

public sealed record TransactionBody(string Base64, ulong LastValidBlockHeight);

public sealed record IntentBody(string IntentId, string Client, string Amount, string JobId, long Timestamp, long ExpiresAt, string Nonce);

/// <param name="SettleBy">Seconds since the epoch.</param>
public sealed record RevealBody(string Salt, long SettleBy);

public sealed record DeploymentBody(string Network, string Cluster, string Program, string Mint);

public sealed record JobAnswer(
    string JobId,
    string State,
    string? Outcome,
    int Attempt,
    string? NodeId,
    ulong Amount,
    ulong Charge,
    ulong NodeShare,
    ulong ProtocolFee,
    ulong PlatformFee,
    ulong Refund,
    string IntentId,
    long SettleBy,
    string? ExecutionHash,
    string? LogsHash,
    IReadOnlyList<string> Signatures,
    IReadOnlyList<Transition> Transitions,
    long CreatedAt,
    long? CompletedAt);

/// <param name="At">ms since the epoch.</param>
public sealed record Transition(string State, long At, string Cause, int Attempt);

/// <param name="PricePerSecond">Base units a second of one slot.</param>
/// <param name="Earned">Base units.</param>
/// <param name="LastSeenAt">ms since the epoch.</param>
/// <param name="Broker">Where its agent gets its jobs; null: the API does not know.</param>
public sealed record NodeAnswer(
    string NodeId,
    string NodeKey,
    string Authority,
    string Status,
    int Slots,
    int BusySlots,
    int CpuMillis,
    int MemoryMb,
    ulong PricePerSecond,
    IReadOnlyList<GpuAnswer> Gpus,
    IReadOnlyList<string> Images,
    long JobsCompleted,
    ulong Earned,
    long RegisteredAt,
    long? LastSeenAt,
    string? Broker = null,
    IReadOnlyList<string>? NetworkModes = null);

/// <param name="LowestPricePerSecond">Base units; null when no node is active.</param>
public sealed record NodeStatsAnswer(int Total, int Slots, int BusySlots, ulong? LowestPricePerSecond);

public sealed record ResultList(IReadOnlyList<ResultFile> Items, string ReceiptHash, int ExitCode);

public sealed record ResultFile(string Name, string Sha256, long Bytes);

/// <summary>One thing that a job's stream says: <c>log</c>, <c>state</c> or <c>end</c>.</summary>
/// <param name="Stream">Of a log line: <c>agent</c>, <c>stdout</c> or <c>stderr</c>.</param>
public sealed record JobEvent(string Kind, int Attempt, string? Stream, string? Text, string? State, string? NodeId, string? Outcome);

/// <summary>An RFC 9457 answer.</summary>
public sealed record ProblemAnswer(string Type, int Status, string Detail, IReadOnlyList<ProblemField>? Errors);

public sealed record ProblemField(string Pointer, string Code, string Detail);

/// <summary>The API said no.</summary>
public sealed class RefusedException(int status, ProblemAnswer? problem, string body)
    : Exception(problem is null ? $"HTTP {status}: {body}" : $"HTTP {status}: {problem.Detail}")
{
    public int Status { get; } = status;

    public ProblemAnswer? Problem { get; } = problem;
}

/// <param name="BusySlots">Jobs that it still has.</param>
public sealed record NodeStatusAnswer(string NodeId, string Status, int BusySlots);

public sealed record GpuAnswer(string Model, int VramMb);
