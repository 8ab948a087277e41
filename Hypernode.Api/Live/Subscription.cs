namespace Hypernode.Api.Live;

/// <summary>One socket's place in one channel.</summary>
/// <param name="since">The last event that the client has.</param>
internal sealed class Subscription(LiveSocket socket, LiveChannel channel, long since)
{
    public LiveSocket Socket => socket;

    public LiveChannel Channel => channel;

    /// <summary>The last event that was handed to the socket. The channel's own, under its lock or in its run.</summary>
    public long Cursor { get; set; } = since;

    /// <summary>It has caught up, and gets what is new with everybody else. The channel's own.</summary>
    public bool IsLive { get; set; }

    /// <summary>The last event that went out on the wire. The socket's own.</summary>
    public long Sent { get; set; } = since;

    /// <summary>Of a state: the newest that has not gone out; a newer one takes its place. The socket's own, under its lock.</summary>
    public LiveEvent? Newest { get; set; }

    /// <summary>Nothing is handed over any more.</summary>
    public bool IsOver { get; set; }
}
