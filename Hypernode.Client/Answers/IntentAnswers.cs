namespace Hypernode.Client;

// What the API answers, as its OpenAPI document says it. Sums are base units (10⁻⁶ HYPER); fields that are absent are null.

/// <summary>Where a job is, right after it was taken.</summary>
public sealed record SubmittedJob(string JobId, string State, string Status);

/// <summary>An intent that waits for its wallet's yes.</summary>
/// <param name="Text">What the wallet signs, as UTF-8.</param>
/// <param name="SpecHash">SHA-256 of the job's canonical form.</param>
/// <param name="Transaction">Null unless it was asked for.</param>
public sealed record PreparedIntent(
    IntentBody PaymentIntent, string Text, RevealBody Reveal, string SpecHash, DeploymentBody Deployment, TransactionBody? Transaction = null);

/// <param name="LastValidBlockHeight">The chain takes it until this block: about a minute.</param>
public sealed record TransactionBody(string Base64, ulong LastValidBlockHeight);

/// <param name="Amount">HYPER, as a decimal text.</param>
/// <param name="Timestamp">ms since the epoch.</param>
/// <param name="ExpiresAt">ms since the epoch.</param>
public sealed record IntentBody(string IntentId, string Client, string Amount, string JobId, long Timestamp, long ExpiresAt, string Nonce);

/// <param name="SettleBy">Seconds since the epoch.</param>
public sealed record RevealBody(string Salt, long SettleBy);

public sealed record DeploymentBody(string Network, string Cluster, string Program, string Mint);

/// <summary>A payment intent, with what the chain says of it.</summary>
public sealed record PaymentIntentAnswer(
    string IntentId, string JobId, string Client, ulong Amount, string AmountHyper, string Status, long Timestamp, long ExpiresAt, long SettleBy, string Nonce, OnChainPayment? OnChain = null);

/// <param name="Known"><c>found</c>, <c>none</c>, or <c>unknown</c> while the chain can't be asked.</param>
public sealed record OnChainPayment(
    string Known,
    string? Status = null,
    string? Escrow = null,
    ulong? Amount = null,
    ulong? Charge = null,
    int? Attempt = null,
    string? AssignedNode = null,
    string? Signature = null,
    string? Mint = null);

internal sealed record ChallengeAnswer(string Challenge);

/// <param name="ExpiresAt">ms since the epoch.</param>
internal sealed record LoginAnswer(string Token, long ExpiresAt);

internal sealed record StoredFile(string Sha256, long Bytes);
