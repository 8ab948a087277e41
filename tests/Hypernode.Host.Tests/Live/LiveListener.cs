using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Hypernode.Host.Tests.Live;

/// <summary>Collects what a host says on its WebSocket.</summary>
internal sealed class LiveListener : IAsyncDisposable
{
    private readonly ClientWebSocket _socket = new();
    private readonly ConcurrentQueue<JsonNode> _heard = [];
    private Task _reading = Task.CompletedTask;

    public IReadOnlyCollection<JsonNode> Heard => _heard;

    public static async Task<LiveListener> ConnectAsync(Uri api, string token, params string[] channels)
    {
        var listener = new LiveListener();
        listener._socket.Options.SetRequestHeader("Authorization", $"Bearer {token}");
        await listener._socket.ConnectAsync(new UriBuilder(api) { Scheme = "ws", Path = "/ws" }.Uri, CancellationToken.None);
        foreach (var channel in channels)
        {
            var message = new JsonObject { ["type"] = "subscribe", ["channel"] = channel, ["since"] = 0 };
            await listener._socket.SendAsync(Encoding.UTF8.GetBytes(message.ToJsonString()), WebSocketMessageType.Text, true, CancellationToken.None);
        }

        listener._reading = Task.Run(listener.ReadAsync);
        return listener;
    }

    public IEnumerable<JsonNode> Of(string name) => _heard.Where(m => m["event"]!.GetValue<string>() == name).Select(m => m["data"]!);

    public async ValueTask DisposeAsync()
    {
        _socket.Abort();
        await _reading;
        _socket.Dispose();
    }

    private async Task ReadAsync()
    {
        var buffer = new byte[262_144];
        try
        {
            while (true)
            {
                var length = 0;
                WebSocketReceiveResult got;
                do
                {
                    got = await _socket.ReceiveAsync(new ArraySegment<byte>(buffer, length, buffer.Length - length), CancellationToken.None);
                    length += got.Count;
                }
                while (!got.EndOfMessage);
                if (got.MessageType == WebSocketMessageType.Close)
                {
                    return;
                }

                _heard.Enqueue(JsonNode.Parse(buffer.AsSpan(0, length))!);
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException)
        {
            // Disposed.
        }
    }
}
