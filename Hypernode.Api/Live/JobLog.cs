using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;

namespace Hypernode.Api.Live;

/// <summary>
/// A job's log as it may be told: in order, and without a hole that is still being filled. Chunks of one attempt are numbered without
/// gaps, but two hosts may store two of them in either order, and a reader that went on past the later one would never see the earlier.
/// So the later one waits, until the hole is filled, the attempt is over, or it has waited long enough.
/// </summary>
internal sealed class JobLog(IEvidence evidence, JobId job, TimeProvider time, TimeSpan patience)
{
    private ((int Attempt, long Seq) After, long Since)? _hole;

    /// <param name="limit">At most so many.</param>
    /// <param name="ended">The job has: nothing comes any more.</param>
    /// <returns>What may be told after the position; whether there may be more at once.</returns>
    public async Task<(IReadOnlyList<StoredChunk> Chunks, bool More)> ReadAsync(
        (int Attempt, long Seq) after, int limit, bool ended, CancellationToken cancellationToken)
    {
        var chunks = await evidence.ReadLogsAsync(job, after, limit, cancellationToken);
        var (at, count) = (after, 0);
        foreach (var stored in chunks)
        {
            var next = (stored.Chunk.Attempt, stored.Chunk.Seq);
            if (!ended && !Follows(at, next) && !IsGivenUp(at, isLast: next.Attempt == chunks[^1].Chunk.Attempt))
            {
                return ([.. chunks.Take(count)], false);
            }

            (at, count) = (next, count + 1);
        }

        return (chunks, chunks.Count == limit);
    }

    /// <summary>Another attempt begins with its chunk 0; that the one before is over, its lease says, which no late chunk gets past.</summary>
    private static bool Follows((int Attempt, long Seq) at, (int Attempt, long Seq) next) =>
        next.Attempt == at.Attempt ? next.Seq == at.Seq + 1 : next.Seq == 0;

    private bool IsGivenUp((int Attempt, long Seq) after, bool isLast)
    {
        if (!isLast)
        {
            return true; // a later attempt writes already: of this one nothing is taken any more
        }

        if (_hole is not { } hole || hole.After != after)
        {
            _hole = hole = (after, time.GetTimestamp());
        }

        return time.GetElapsedTime(hole.Since) >= patience;
    }
}
