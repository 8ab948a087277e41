using System.ComponentModel.DataAnnotations;

namespace Hypernode.Api.Live;

/// <summary>The WebSocket of live events (<c>/ws</c>) and the looks behind it, bound from <c>Hypernode:Live</c>.</summary>
public sealed class LiveOptions
{
    public const string Section = "Hypernode:Live";

    /// <summary>Open sockets of this host.</summary>
    [Range(1, 1_000_000)]
    public int MaxSockets { get; set; } = 10_000;

    /// <summary>Open sockets of one signed-in wallet.</summary>
    [Range(1, 1_000_000)]
    public int MaxSocketsPerWallet { get; set; } = 32;

    /// <summary>Open sockets of one address (an IPv6 network of 64 bits counts as one).</summary>
    [Range(1, 1_000_000)]
    public int MaxSocketsPerAddress { get; set; } = 256;

    /// <summary>Subscriptions of one socket.</summary>
    [Range(1, 10_000)]
    public int MaxSubscriptions { get; set; } = 64;

    /// <summary>The largest message from a client, in bytes.</summary>
    [Range(256, 65_536)]
    public int MaxMessageBytes { get; set; } = 4_096;

    /// <summary>Messages a second that one socket may send for long; five times as many at once.</summary>
    [Range(1, 10_000)]
    public int MessagesPerSecond { get; set; } = 20;

    /// <summary>Events that wait for one socket, and half as many before another page of a history is read for it.</summary>
    [Range(1, 100_000)]
    public int MaxQueuedEvents { get; set; } = 512;

    /// <summary>The same in bytes; a page of sixteen chunks of a log may go over it.</summary>
    [Range(65_536, 268_435_456)]
    public int MaxQueuedBytes { get; set; } = 262_144;

    /// <summary>How long a socket may make no room for a history that goes on, in seconds; then it is told where it stopped, and closed.</summary>
    [Range(1, 600)]
    public int SlowSeconds { get; set; } = 10;

    /// <summary>Between two pings, in seconds.</summary>
    [Range(1, 600)]
    public int PingSeconds { get; set; } = 20;

    /// <summary>How long a ping's answer, and a message on its way out, may take, in seconds; then the connection is cut.</summary>
    [Range(1, 600)]
    public int PatienceSeconds { get; set; } = 20;

    /// <summary>How long a socket may stay without a subscription, in seconds.</summary>
    [Range(1, 3_600)]
    public int IdleSeconds { get; set; } = 60;

    /// <summary>Between two looks at what is watched when no hint comes, in milliseconds.</summary>
    [Range(10, 600_000)]
    public int PollMilliseconds { get; set; } = 5_000;

    /// <summary>Between two looks at one node or wallet at least, in milliseconds: what happens meanwhile is shown as one change.</summary>
    [Range(1, 60_000)]
    public int StateMilliseconds { get; set; } = 50;

    /// <summary>Between two looks at the network's counts, in milliseconds.</summary>
    [Range(10, 600_000)]
    public int NetworkMilliseconds { get; set; } = 1_000;

    /// <summary>How long a log's next chunk is waited for once a later one is there, in milliseconds.</summary>
    [Range(1, 600_000)]
    public int LogGapMilliseconds { get; set; } = 30_000;
}
