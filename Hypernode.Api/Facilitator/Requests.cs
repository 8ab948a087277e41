namespace Hypernode.Api.Facilitator;

// The shapes of the bodies, for the document. They are read by the strict readers, which name every wrong field; a test
// holds the two together.

/// <param name="PublicKey">Must be the intent's client.</param>
/// <param name="Signature">64 bytes in base58, over the UTF-8 text of the intent. Not with a transaction; neither: paid for by x402.</param>
/// <param name="Transaction">Base64: the prepare route's transaction, signed by the client, otherwise unchanged.</param>
public sealed record SubmitJobRequest(
    PaymentIntentBody PaymentIntent, string PublicKey, JobBody Job, RevealBody Reveal, string? Signature = null, string? Transaction = null);

/// <param name="IntentId">UUID in lower case.</param>
/// <param name="Client">The paying wallet, base58.</param>
/// <param name="Amount">HYPER: a decimal string (or number) of at most 6 decimals; the most that the job may cost.</param>
/// <param name="JobId"><c>job-</c> and a UUID in lower case.</param>
/// <param name="Timestamp">ms since the epoch; at most 5 minutes ahead.</param>
/// <param name="ExpiresAt">ms since the epoch; at most 24 h after the timestamp.</param>
/// <param name="Nonce">64 hex characters: the commitment to network, payer, job, settleBy and salt.</param>
/// <param name="Metadata">For the client's own use; not kept.</param>
public sealed record PaymentIntentBody(
    string IntentId,
    string Client,
    string Amount,
    string JobId,
    long Timestamp,
    long ExpiresAt,
    string Nonce,
    IReadOnlyDictionary<string, string>? Metadata = null);

/// <param name="Type"><c>inference</c>, <c>training</c>, <c>rendering</c> or <c>custom</c>.</param>
/// <param name="Image"><c>name@sha256:…</c> or <c>sha256:…</c>.</param>
/// <param name="EstimatedTime">Seconds.</param>
/// <param name="Script">For /bin/sh, at most 64 KiB; exactly one of script and cmd.</param>
/// <param name="Network"><c>none</c> (also when absent), <c>allowlist</c> or <c>full</c>: any public address.</param>
/// <param name="NetworkAllow">With <c>allowlist</c>, and only then: 1 to 32 times <c>host:port</c>.</param>
/// <param name="Nodes">Ids of the nodes that may have the job, 1 to 64; absent: any. Needed where an input is encrypted.</param>
public sealed record JobBody(
    string Type,
    string Image,
    LimitsBody Limits,
    int EstimatedTime,
    string? Script = null,
    IReadOnlyList<string>? Cmd = null,
    IReadOnlyList<InputBody>? Inputs = null,
    string? Network = null,
    string? Description = null,
    IReadOnlyList<string>? NetworkAllow = null,
    IReadOnlyList<string>? Nodes = null,
    EncryptionBody? Encryption = null);

/// <param name="CpuMillis">Thousandths of a core.</param>
/// <param name="MemoryMb">MiB.</param>
/// <param name="TimeoutSeconds">The run limit; absent: 1.5 × the estimate, at most the type's cap.</param>
public sealed record LimitsBody(
    int CpuMillis,
    int MemoryMb,
    int? Gpus = null,
    int? GpuVramMb = null,
    int? TimeoutSeconds = null,
    int? OutputMb = null);

/// <param name="Name">The file is /in/{name} in the container.</param>
/// <param name="Encrypted">True: the file is an envelope that the node opens for the job; hash and length are the envelope's.</param>
public sealed record InputBody(string Name, string Sha256, long Bytes, bool? Encrypted = null);

/// <param name="ResultKey">An Ed25519 key (a wallet's address): each result is sealed to it before it leaves the node. Logs are not.</param>
public sealed record EncryptionBody(string ResultKey);

/// <param name="Salt">64 hex characters.</param>
/// <param name="SettleBy">Seconds since the epoch.</param>
public sealed record RevealBody(string Salt, long SettleBy);

/// <param name="LifetimeSeconds">How long the intent may be locked; absent: an hour.</param>
/// <param name="Funding"><c>intent</c> (also when absent): the wallet signs the text, and has approved its allowance. <c>transaction</c>: it signs a transaction, and needs no allowance.</param>
public sealed record PrepareIntentRequest(string Client, string Amount, JobBody Job, int? LifetimeSeconds = null, string? Funding = null);

/// <summary>A node's registration; both signatures are over <c>HYPERNODE Node Registration</c>, the text that names the network.</summary>
/// <param name="Timestamp">ms since the epoch, within 5 minutes of our clock.</param>
public sealed record RegisterNodeRequest(
    string NodeId,
    string NodeKey,
    string Authority,
    string Hostname,
    OfferBody Offer,
    long Timestamp,
    string NodeSignature,
    string AuthoritySignature);

/// <param name="PricePerSecond">Base units a second of one slot.</param>
/// <param name="NetworkModes">Beyond <c>none</c>: <c>allowlist</c>, <c>full</c>, in this order; absent: no others.</param>
public sealed record OfferBody(
    int Slots,
    int CpuMillis,
    int MemoryMb,
    long PricePerSecond,
    IReadOnlyList<GpuBody> Gpus,
    IReadOnlyList<string> Images,
    IReadOnlyList<string>? NetworkModes = null);

public sealed record GpuBody(string Uuid, string Model, int VramMb);
