using System.Diagnostics;
using System.Net.WebSockets;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Hypernode.Contracts.Nodes;

namespace Hypernode.Bench.Api;

/// <summary>A node that is moved back and forth, one move at a time.</summary>
internal sealed class LiveBenchNode(NodeId id)
{
    private int _moving;
    private long _since;

    public NodeId Id => id;

    /// <summary>What it is being moved to, or is.</summary>
    public string Status { get; private set; } = "active";

    /// <returns>False: it is being moved.</returns>
    public bool Begin()
    {
        if (Interlocked.Exchange(ref _moving, 1) == 1)
        {
            return false;
        }

        Status = Status == "active" ? "draining" : "active";
        Volatile.Write(ref _since, Stopwatch.GetTimestamp());
        return true;
    }

    public void End() => Volatile.Write(ref _moving, 0);

    /// <summary>Null: the status is not what it was last moved to.</summary>
    public TimeSpan? LagOf(string status) =>
        Volatile.Read(ref _since) is var since and not 0 && status == Status ? Stopwatch.GetElapsedTime(since) : null;
}

/// <summary>One client's socket, as light as it can be: there are thousands, on the machine that is measured.</summary>
internal sealed class LiveBenchSocket : IDisposable
{
    private readonly ClientWebSocket _socket = new();
    private readonly byte[] _buffer = new byte[1_024];

    private LiveBenchSocket(LiveBenchNode node) => Node = node;

    public LiveBenchNode Node { get; }

    public static async Task<LiveBenchSocket> OpenAsync(Uri api, LiveBenchNode node, CancellationToken cancellationToken)
    {
        var socket = new LiveBenchSocket(node);
        await socket._socket.ConnectAsync(new UriBuilder(api) { Scheme = api.Scheme == "https" ? "wss" : "ws", Path = "/ws" }.Uri, cancellationToken);
        await socket.SayAsync($$"""{"type":"subscribe","channel":"node:{{node.Id}}"}""", cancellationToken);
        await socket.SayAsync("""{"type":"subscribe","channel":"network"}""", cancellationToken);
        return socket;
    }

    /// <summary>Event and status of what comes, until the server closes.</summary>
    public async IAsyncEnumerable<(string Event, string Status)> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            var length = 0;
            ValueWebSocketReceiveResult got;
            do
            {
                got = await _socket.ReceiveAsync(_buffer.AsMemory(length), cancellationToken);
                length += got.Count;
            }
            while (!got.EndOfMessage);
            if (got.MessageType == WebSocketMessageType.Close)
            {
                yield break;
            }

            using var message = JsonDocument.Parse(_buffer.AsMemory(0, length));
            yield return (
                message.RootElement.GetProperty("event").GetString()!,
                message.RootElement.GetProperty("data").TryGetProperty("status", out var status) && status.ValueKind == JsonValueKind.String ? status.GetString()! : "");
        }
    }

    public void Dispose() => _socket.Dispose();

    private ValueTask SayAsync(string text, CancellationToken cancellationToken) =>
        _socket.SendAsync(Encoding.UTF8.GetBytes(text).AsMemory(), WebSocketMessageType.Text, endOfMessage: true, cancellationToken);
}
