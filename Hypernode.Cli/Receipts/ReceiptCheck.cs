using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Text;
using Hypernode.Solana;

namespace Hypernode.Cli.Receipts;

/// <summary>One thing that was looked at.</summary>
/// <param name="Detail">What was found; when it is wrong, what is wrong.</param>
internal sealed record Finding(string Check, bool Ok, string Detail);

/// <summary>Whether a receipt is what its node signed, and fits the files that it speaks of. Asks nobody: all it needs is given.</summary>
internal static class ReceiptCheck
{
    /// <param name="expectedKey">The node's key from a source of one's own (the chain); null when the file's word is taken for it.</param>
    public static IEnumerable<Finding> OfReceipt(ReceiptFile file, WalletAddress? expectedKey)
    {
        var receipt = file.Receipt;
        var canonical = CanonicalJson.Canonicalize(file.Raw);
        var hash = Hash256.Of(canonical);
        var known = canonical.AsSpan().SequenceEqual(CanonicalJson.Serialize(receipt));
        yield return new("canonical", known, known ? $"{canonical.Length} bytes of RFC 8785" : "it has fields, or ways of writing them, that receipts do not have");
        yield return Equal("hash", "the receipt's hash", file.Hash ?? hash, hash);

        var signed = Contracts.Text.Base58.TryDecode(file.Signature, out var signature)
            && Ed25519.Verify(file.NodeKey.ToBytes(), [.. "HYPERNODE/receipt/v1"u8, .. hash.ToBytes()], signature);
        yield return new("signature", signed, signed ? $"by the key {file.NodeKey}" : $"not the signature of {file.NodeKey} over this receipt");
        if (expectedKey is { } key)
        {
            yield return new("node-key", key == file.NodeKey, key == file.NodeKey ? "the key that was expected" : $"signed by {file.NodeKey}, expected was {key}");
        }

        yield return Equal("artifact-root", "the root of its list of files", receipt.ArtifactRoot, Receipt.RootOf(receipt.Artifacts));
        yield return Equal(
            "completion-marker", "the sentinel", receipt.CompletionMarker, Receipt.MarkerOf(receipt.Challenge, receipt.JobId, receipt.Attempt, receipt.ExitCode));
        var inOrder = receipt.StartedAt > 0 && receipt.EndedAt >= receipt.StartedAt;
        yield return new("times", inOrder, inOrder ? $"ran {receipt.EndedAt - receipt.StartedAt} ms by the node's clock" : $"from {receipt.StartedAt} to {receipt.EndedAt} is no run");
    }

    /// <summary>The job that was signed for is the job that the receipt speaks of.</summary>
    public static IEnumerable<Finding> OfJob(Receipt receipt, JobSpec job)
    {
        yield return Equal("spec-hash", "the job's hash", receipt.SpecHash, job.Hash());
        yield return Equal("input-root", "the root of the job's inputs", receipt.InputRoot, Receipt.RootOf(job.Inputs ?? []));
        yield return new(
            "image", receipt.ImageDigest == job.Image, receipt.ImageDigest == job.Image ? job.Image : $"{receipt.ImageDigest} ran, the job names {job.Image}");
    }

    /// <summary>Every chunk of the attempt is there, in order, and the chain ends where the receipt says.</summary>
    public static IEnumerable<Finding> OfLogs(Receipt receipt, IEnumerable<LoggedChunk> chunks)
    {
        var head = Hash256.Zero;
        var count = 0L;
        var broken = "";
        foreach (var chunk in chunks.Where(c => c.Attempt == receipt.Attempt).OrderBy(c => c.Seq))
        {
            head = LogChunk.ChainHash(head, chunk.Seq, chunk.Stream, chunk.At, chunk.Data);
            if (chunk.Seq != count || head != chunk.Hash)
            {
                broken = chunk.Seq != count ? $"chunk {count} is missing or there twice" : $"chunk {count} is not the one that its hash names";
                break;
            }

            count++;
        }

        yield return new("log-chain", broken.Length == 0, broken.Length == 0 ? $"{count} chunks of attempt {receipt.Attempt}" : broken);
        if (broken.Length == 0)
        {
            yield return new("log-count", count == receipt.LogCount, count == receipt.LogCount ? $"{count}" : $"{count} chunks are given, the receipt speaks of {receipt.LogCount}");
            yield return Equal("log-root", "the chain's end", receipt.LogRoot, head);
        }
    }

    /// <param name="read">The file of that name; null when there is none.</param>
    public static async Task<IReadOnlyList<Finding>> OfArtifactsAsync(
        Receipt receipt, Func<string, CancellationToken, Task<(Hash256 Sha256, long Bytes)?>> read, CancellationToken cancellationToken)
    {
        var findings = new List<Finding>();
        foreach (var artifact in receipt.Artifacts)
        {
            var found = await read(artifact.Name, cancellationToken);
            var wrong = found is not { } file ? "is not there"
                : file.Bytes != artifact.Bytes ? $"has {file.Bytes} bytes instead of {artifact.Bytes}"
                : file.Sha256 != artifact.Sha256 ? $"has the hash {file.Sha256} instead of {artifact.Sha256}"
                : null;
            findings.Add(new("artifact", wrong is null, $"{artifact.Name} {wrong ?? $"is the file that was signed for ({artifact.Bytes} bytes)"}"));
        }

        return findings;
    }

    private static Finding Equal(string check, string what, Hash256 said, Hash256 recomputed) => new(
        check, said == recomputed, said == recomputed ? $"{what} is {recomputed}" : $"{what} is {recomputed}, not {said}");
}

/// <summary>A log chunk as the API's pages and the agent's own files have it.</summary>
internal sealed record LoggedChunk(int Attempt, long Seq, string Stream, long At, byte[] Data, Hash256 Hash);
