using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;

namespace Hypernode.Workers.Nodes;

/// <summary>
/// Is a node's message one that could make sense? It comes from a stranger's JSON: lists and texts may be null or huge, whatever
/// the types say.
/// </summary>
public static class MessageShape
{
    public const int MaxLeasesInABeat = 256;
    public const int MaxChunksInAMessage = 256;

    /// <summary>Chunks of one attempt; with <see cref="LogChunk.MaxBytes"/> the most that a log can hold is 2 GiB, so agents bound theirs far below.</summary>
    public const long MaxChunksOfAnAttempt = 65_536;

    public const int MaxArtifacts = 4_096;
    public const int MaxText = 1_024;

    /// <summary>Of the bundle itself: its messages are looked at one by one. It holds no more of a log than one message may.</summary>
    public static string? Check(NodeBundle bundle) =>
        bundle.Messages is not { Count: > 0 } messages ? "malformed"
        : messages.Count > NodeBundle.MaxMessages || messages.Sum(m => (m as LogChunks)?.Chunks?.Count ?? 0) > NodeBundle.MaxChunks ? "too-large"
        : null;

    /// <summary>Of which jobs a message speaks, whether it is well formed or not.</summary>
    public static List<JobId> JobsOf(NodeMessage? message) => message switch
    {
        Beat { Leases: { } leases } => [.. leases.Where(l => l is not null).Select(l => l.JobId)],
        LogChunks { Chunks: [{ } first, ..] } => [first.JobId],
        AttemptStarted started => [started.JobId],
        AttemptDeclined declined => [declined.JobId],
        AttemptReported { Receipt: { } receipt } => [receipt.JobId],
        NodeBundle { Messages: { } messages } => [.. messages.SelectMany(JobsOf).Distinct()],
        _ => [],
    };

    /// <summary>Null: well formed. Else the reason to drop it.</summary>
    public static string? CheckOne(NodeMessage? message) => message switch
    {
        Beat beat => Check(beat),
        LogChunks logs => Check(logs),
        AttemptStarted => null,
        AttemptDeclined declined => declined is { Reason: not null, Detail: not null } ? null : "malformed",
        AttemptReported reported => Check(reported),
        NodeBundle => "nested",
        _ => "unknown-kind",
    };

    private static string? Check(Beat beat) =>
        beat.Leases is null || beat.Leases.Any(l => l is null) ? "malformed"
        : beat.Leases.Count > MaxLeasesInABeat ? "too-large"
        : null;

    private static string? Check(LogChunks logs)
    {
        if (logs.Chunks is not { Count: > 0 } chunks || chunks.Any(c => c is not { Data: not null, Stream: not null }))
        {
            return "malformed";
        }

        if (chunks.Count > MaxChunksInAMessage || chunks.Any(c => c.Data.Length > LogChunk.MaxBytes))
        {
            return "too-large";
        }

        var first = chunks[0];
        if (first.Seq < 0 || first.Seq > MaxChunksOfAnAttempt - chunks.Count)
        {
            return "too-many-chunks";
        }

        return chunks.Where((c, i) => c.JobId != first.JobId || c.Attempt != first.Attempt || c.Seq != first.Seq + i).Any() ? "gap"
            : chunks.Any(c => c.Stream is not ("agent" or "stdout" or "stderr")) ? "unknown-stream"
            : null;
    }

    private static string? Check(AttemptReported reported)
    {
        if (reported is not { Signature: not null, Receipt: { ImageDigest: not null, Artifacts: not null, GpuUuids: not null } receipt }
            || receipt.Artifacts.Any(a => a?.Name is null) || receipt.GpuUuids.Any(g => g is null))
        {
            return "malformed";
        }

        if (receipt.Artifacts.Count > MaxArtifacts || receipt.GpuUuids.Count > MaxLeasesInABeat || receipt.ImageDigest.Length > MaxText
            || receipt.Artifacts.Any(a => a.Name.Length > MaxText) || receipt.GpuUuids.Any(g => g.Length > MaxText))
        {
            return "too-large";
        }

        try
        {
            receipt.Hash();
            return null;
        }
        catch (FormatException)
        {
            // Numbers past 53 bits have no canonical form.
            return "malformed";
        }
    }
}
