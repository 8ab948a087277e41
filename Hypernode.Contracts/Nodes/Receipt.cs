using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Text;

namespace Hypernode.Contracts.Nodes;

/// <summary>
/// What a node says it did, signed with its own key over <see cref="SigningBytes"/>. Times are ms since the epoch of the node's clock.
/// </summary>
/// <param name="LeaseEpoch">The fencing token of the lease; equal to the attempt while an attempt has one lease.</param>
/// <param name="ImageDigest">The image that really ran.</param>
/// <param name="InputRoot">SHA-256 of the canonical list of inputs (names and hashes).</param>
/// <param name="Challenge">The lease's nonce, given with the command.</param>
/// <param name="LogRoot">The hash of the last log chunk in the chain; zero when there is none.</param>
/// <param name="ArtifactRoot">SHA-256 of the canonical list of <see cref="Artifacts"/>.</param>
/// <param name="GpuUuids">The GPUs that it ran on: those of its lease.</param>
/// <param name="GpuMilliseconds">GPUs × run time.</param>
/// <param name="PeakVramMb">The most MiB that the watch saw in use on one of them: sampled, not measured throughout; 0 where nothing could be seen.</param>
/// <param name="CompletionMarker">HMAC-SHA256 with the challenge as key over job id and exit code: the agent's own sentinel.</param>
/// <param name="PreviousReceipt">Hash of the node's receipt before this one; zero for its first.</param>
public sealed record Receipt(
    JobId JobId,
    IntentId IntentId,
    NodeId NodeId,
    int Attempt,
    int LeaseEpoch,
    Hash256 SpecHash,
    string ImageDigest,
    Hash256 InputRoot,
    Hash256 Challenge,
    long StartedAt,
    long EndedAt,
    int ExitCode,
    bool TimedOut,
    bool OutOfMemory,
    Hash256 LogRoot,
    long LogCount,
    Hash256 ArtifactRoot,
    IReadOnlyList<Artifact> Artifacts,
    IReadOnlyList<string> GpuUuids,
    long GpuMilliseconds,
    int PeakVramMb,
    Hash256 CompletionMarker,
    Hash256 PreviousReceipt)
{
    /// <summary>SHA-256 of the RFC 8785 form: the execution hash of the white paper.</summary>
    public Hash256 Hash() => Hash256.Of(CanonicalJson.Serialize(this));

    /// <summary>What the node's key signs: a domain and the hash.</summary>
    public byte[] SigningBytes() => [.. "HYPERNODE/receipt/v1"u8, .. Hash().ToBytes()];

    public static Hash256 RootOf(IReadOnlyList<Artifact> artifacts) => Hash256.Of(CanonicalJson.Serialize(artifacts));

    public static Hash256 RootOf(IReadOnlyList<JobInput> inputs) => Hash256.Of(CanonicalJson.Serialize(inputs));

    /// <summary>The sentinel that an agent puts in its receipt: only who was given the challenge can make it.</summary>
    public static Hash256 MarkerOf(Hash256 challenge, JobId job, int attempt, int exitCode) => Hash256.FromBytes(
        System.Security.Cryptography.HMACSHA256.HashData(
            challenge.ToBytes(),
            System.Text.Encoding.UTF8.GetBytes($"HYPERNODE/completed/v1\n{job}\n{attempt}\n{exitCode}")));
}
