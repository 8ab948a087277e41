namespace Hypernode.Solana;

/// <summary>One node of several, with what is remembered of its behaviour.</summary>
public sealed class RpcEndpoint
{
    private static readonly TimeSpan FirstRest = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestRest = TimeSpan.FromSeconds(30);

    // A cluster makes a slot in well under a second: one that shows the same for so long has stopped listening to it.
    private static readonly TimeSpan StuckAfter = TimeSpan.FromSeconds(10);

    private readonly TimeProvider time;
    private readonly Lock gate = new();
    private int failures;
    private long restsFrom;
    private TimeSpan rest;
    private ulong newestSlot;
    private long movedAt;
    private long lookedAt;

    /// <param name="name">for logs and metrics: no path, no query, for they may hold a provider's key</param>
    public RpcEndpoint(string name, IRpcClient client, TimeProvider time)
    {
        (Name, Client, this.time) = (name, client, time);
        movedAt = lookedAt = time.GetTimestamp();
    }

    public string Name { get; }

    public IRpcClient Client { get; }

    /// <summary>It failed a moment ago: others are asked first.</summary>
    public bool Rests
    {
        get
        {
            lock (gate)
            {
                return failures > 0 && time.GetElapsedTime(restsFrom) < rest;
            }
        }
    }

    /// <summary>It answers, but its slots have stood still by our own clock: what it does not know says nothing.</summary>
    public bool IsStuck
    {
        get
        {
            lock (gate)
            {
                return newestSlot > 0 && time.GetElapsedTime(movedAt) > StuckAfter;
            }
        }
    }

    /// <summary>Host and port of an address.</summary>
    public static string NameOf(Uri address) => $"{address.Scheme}://{address.Authority}";

    internal void Answered()
    {
        lock (gate)
        {
            failures = 0;
        }
    }

    internal void Failed()
    {
        RpcMetrics.Failed(Name);
        lock (gate)
        {
            rest = failures >= 5 ? LongestRest : FirstRest * (1 << failures);
            failures++;
            restsFrom = time.GetTimestamp();
        }
    }

    /// <summary>The endpoint has shown this slot.</summary>
    internal void Shows(ulong slot)
    {
        lock (gate)
        {
            // Not asked for a while is not stuck: time counts from the first look that shows no progress.
            if (slot > newestSlot || time.GetElapsedTime(lookedAt) > StuckAfter)
            {
                movedAt = time.GetTimestamp();
            }

            newestSlot = Math.Max(newestSlot, slot);
            lookedAt = time.GetTimestamp();
        }
    }
}
