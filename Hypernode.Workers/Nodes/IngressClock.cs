using Hypernode.Contracts.Ports;

namespace Hypernode.Workers.Nodes;

/// <summary>
/// Since when nodes can be heard. While the way in is down (the broker restarts, the database refuses) no node is blamed
/// for its silence: the liveness clock stands still (protocol, Execution).
/// </summary>
public sealed class IngressClock : IHearing
{
    private readonly Lock _lock = new();
    private DateTimeOffset? _since = DateTimeOffset.MinValue;

    /// <summary>Null: nobody can be heard now.</summary>
    public DateTimeOffset? UpSince
    {
        get
        {
            lock (_lock)
            {
                return _since;
            }
        }
    }

    public void Down()
    {
        lock (_lock)
        {
            _since = null;
        }
    }

    /// <summary>Heard again from this moment on; no change while it was up all along.</summary>
    public void Up(DateTimeOffset now)
    {
        lock (_lock)
        {
            _since ??= now;
        }
    }
}
