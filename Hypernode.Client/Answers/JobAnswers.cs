namespace Hypernode.Client;

/// <summary>A job in a list.</summary>
/// <param name="Amount">Base units, as every sum here; charge and refund are 0 until settled.</param>
/// <param name="CreatedAt">ms since the epoch.</param>
/// <param name="CompletedAt">ms since the epoch; null until the job has ended.</param>
/// <param name="Mint">What the sums are base units of, where it was paid by a transfer; null: HYPER.</param>
public sealed record JobSummary(
    string JobId,
    string State,
    string Status,
    string? Outcome,
    string Type,
    string? Description,
    int Attempt,
    string? NodeId,
    ulong Amount,
    ulong Charge,
    ulong Refund,
    long CreatedAt,
    long? CompletedAt = null,
    string? Mint = null);

/// <param name="Next">For the page after; null on the last.</param>
public sealed record JobPage(IReadOnlyList<JobSummary> Items, string? Next = null);

/// <summary>A job with its whole story.</summary>
/// <param name="Amount">Base units, as every sum here; the parts are 0 until settled.</param>
/// <param name="SettleBy">Seconds since the epoch.</param>
/// <param name="Signatures">Transactions on chain, in order.</param>
/// <param name="CreatedAt">ms since the epoch.</param>
/// <param name="CompletedAt">ms since the epoch; null until the job has ended.</param>
/// <param name="Mint">What the sums are base units of, where it was paid by a transfer; null: HYPER.</param>
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
    long? CompletedAt,
    string? Owner = null,
    string? Status = null,
    string? Type = null,
    string? Description = null,
    string? Image = null,
    string? SpecHash = null,
    string? Nonce = null,
    long? ExpiresAt = null,
    string? EscrowAddress = null,
    string? ProofSignature = null,
    string? Mint = null);

/// <param name="At">ms since the epoch.</param>
/// <param name="Cause">The event that moved the job.</param>
public sealed record Transition(string State, long At, string Cause, int Attempt);

public sealed record ResultList(IReadOnlyList<ResultFile> Items, string ReceiptHash, int ExitCode);

/// <param name="Name">As the node gave it: a stranger's text, and no path to write to unseen.</param>
public sealed record ResultFile(string Name, string Sha256, long Bytes);

/// <summary>One thing that a job's stream says: <c>log</c>, <c>state</c> or <c>end</c>.</summary>
/// <param name="Stream">Of a log line: <c>agent</c>, <c>stdout</c> or <c>stderr</c>.</param>
/// <param name="Text">Of a log line, as UTF-8; a character that two chunks share shows as U+FFFD.</param>
/// <param name="Position">Of a log line: where to resume.</param>
/// <param name="Data">Of a log line: its raw bytes.</param>
public sealed record JobEvent(
    string Kind, int Attempt, string? Stream, string? Text, string? State, string? NodeId, string? Outcome, string? Position = null, byte[]? Data = null);

/// <summary>Why a job is where it is. Codes are stable, texts are for people.</summary>
/// <param name="WaitingFor">What would move it on; when it has ended: how.</param>
/// <param name="Deadlines">What happens when nothing comes, the soonest first.</param>
/// <param name="Decisions">Its life so far, in order.</param>
/// <param name="Attempts">One a node that had it.</param>
/// <param name="Matching">Only while it looks for a node.</param>
public sealed record JobExplanation(
    string JobId,
    string State,
    string Status,
    string? Outcome,
    int Attempt,
    int MaxAttempts,
    bool Cancelling,
    Reason WaitingFor,
    IReadOnlyList<Deadline> Deadlines,
    IReadOnlyList<Decision> Decisions,
    IReadOnlyList<AttemptExplanation> Attempts,
    MatchingExplanation? Matching = null,
    IReadOnlyList<string>? Transactions = null,
    UnansweredTransaction? Pending = null);

public sealed record Reason(string Code, string Text);

/// <param name="At">ms since the epoch.</param>
public sealed record Deadline(string Code, long At, string Text);

/// <param name="At">ms since the epoch.</param>
public sealed record Decision(string State, string Code, string? Detail, string Text, int Attempt, long At);

/// <param name="RatePerSecond">Base units.</param>
/// <param name="TakenAt">ms since the epoch, as all times here.</param>
public sealed record AttemptExplanation(
    int Attempt, string NodeId, int Slot, ulong RatePerSecond, long TakenAt, long? FirstBeatAt, long? LastBeatAt, bool Live, ReceiptExplanation? Receipt = null, VerdictExplanation? Verdict = null);

/// <param name="ReceivedAt">ms since the epoch.</param>
public sealed record ReceiptExplanation(string Hash, string Signature, int ExitCode, bool TimedOut, bool OutOfMemory, long LogCount, int Files, long ReceivedAt);

/// <param name="Score">Of 10,000.</param>
/// <param name="Charge">Base units.</param>
public sealed record VerdictExplanation(string Verdict, int Score, ulong Charge, string Detail, IReadOnlyList<OracleCheck> Checks);

public sealed record OracleCheck(string Name, int Weight, bool Gate, bool Held);

public sealed record MatchingExplanation(int Nodes, int Fitting, string Text, IReadOnlyList<CountedReason> Reasons);

public sealed record CountedReason(string Code, string Text, int Count);

public sealed record UnansweredTransaction(string Signature, ulong LastValidBlockHeight);
