using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Solana;

namespace Hypernode.Cli.Nodes;

/// <summary>What a provider asked for; null: found out, or as it was.</summary>
/// <param name="Wallet">File of the wallet that owns the node; null: it signs elsewhere.</param>
/// <param name="Authority">The wallet that signs elsewhere.</param>
/// <param name="AuthoritySignature">Base58, over the registration text of <paramref name="TimestampMs"/>.</param>
/// <param name="NetworkModes">Beyond <see cref="NetworkMode.None"/>; empty: no others.</param>
internal sealed record JoinPlan(
    NodeFolder Folder,
    string Api,
    string Rpc,
    string Network,
    PublicKey Registry,
    string? Wallet,
    PublicKey? Authority,
    string? AuthoritySignature,
    long? TimestampMs,
    HyperAmount Stake,
    HyperAmount? Price,
    int? Slots,
    int? CpuMillis,
    int? MemoryMb,
    IReadOnlyList<string> Images,
    string? Hostname,
    string? Broker,
    string? Blobs,
    string? Engine,
    TimeSpan BenchmarkFor,
    IReadOnlyList<NetworkMode>? NetworkModes = null);

/// <summary>One thing that joining makes sure of.</summary>
/// <param name="Changed">False: it was right already.</param>
internal sealed record JoinStep(string Step, bool Changed, string Detail);

/// <param name="Transaction">Base64, to be signed by the wallet and sent; null: nothing is left to sign on chain.</param>
/// <param name="RegistrationText">What the wallet signs for the API; null: nothing.</param>
internal sealed record JoinReport(
    string NodeId, string NodeKey, string Authority, string Settings, bool Changed, IReadOnlyList<JoinStep> Steps,
    string? Transaction = null, string? RegistrationText = null, long? TimestampMs = null);
