using System.Collections.Concurrent;

namespace Hypernode.Api.Http;

/// <summary>
/// Token buckets by caller, in this process: several API hosts give a caller as much each. Times are measured with the monotonic
/// clock. A bucket that is full again is forgotten.
/// </summary>
internal sealed class RateLimits(TimeProvider time)
{
    private const int SweepAbove = 16_384;

    private readonly ConcurrentDictionary<string, Bucket> _buckets = new(StringComparer.Ordinal);
    private int _sweeping;

    /// <summary>Takes one token.</summary>
    /// <returns>Null: it was there. Else how long until there is one.</returns>
    public TimeSpan? Take(string caller, int perSecond, int burst)
    {
        var now = time.GetTimestamp();
        if (_buckets.Count > SweepAbove)
        {
            Sweep(perSecond, burst, now);
        }

        var bucket = _buckets.GetOrAdd(caller, _ => new Bucket { Tokens = burst, At = now });
        lock (bucket)
        {
            bucket.Tokens = TokensAt(bucket, perSecond, burst, now);
            bucket.At = now;
            if (bucket.Tokens >= 1)
            {
                bucket.Tokens--;
                return null;
            }

            return TimeSpan.FromSeconds((1 - bucket.Tokens) / perSecond);
        }
    }

    private double TokensAt(Bucket bucket, int perSecond, int burst, long now) =>
        Math.Min(burst, bucket.Tokens + (time.GetElapsedTime(bucket.At, now).TotalSeconds * perSecond));

    private void Sweep(int perSecond, int burst, long now)
    {
        if (Interlocked.Exchange(ref _sweeping, 1) == 1)
        {
            return;
        }

        foreach (var (caller, bucket) in _buckets)
        {
            lock (bucket)
            {
                if (TokensAt(bucket, perSecond, burst, now) >= burst)
                {
                    _buckets.TryRemove(caller, out _);
                }
            }
        }

        Interlocked.Exchange(ref _sweeping, 0);
    }

    private sealed class Bucket
    {
        public double Tokens { get; set; }

        public long At { get; set; }
    }
}
