using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Hypernode.Api.Tests.Fakes;

namespace Hypernode.Api.Tests.Live;

/// <summary>A client of the WebSocket, as a program would write one: the token in the header, JSON texts, deadlines on everything.</summary>
public sealed class LiveClient : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly ClientWebSocket _socket = new();

    public WebSocketCloseStatus? CloseStatus => _socket.CloseStatus;

    public string? CloseReason => _socket.CloseStatusDescription;

    public string? Protocol => _socket.SubProtocol;

    public static async Task<LiveClient> ConnectAsync(ApiHost host, string? token = null, string[]? protocols = null, string? origin = null)
    {
        var client = new LiveClient();
        if (token is not null)
        {
            client._socket.Options.SetRequestHeader("Authorization", $"Bearer {token}");
        }

        if (origin is not null)
        {
            client._socket.Options.SetRequestHeader("Origin", origin);
        }

        Array.ForEach(protocols ?? [], client._socket.Options.AddSubProtocol);
        client._socket.Options.CollectHttpResponseDetails = true;
        try
        {
            await client._socket.ConnectAsync(host.LiveUri, CancellationToken.None).WaitAsync(Patience);
        }
        catch (WebSocketException e)
        {
            throw new RefusedAtTheDoorException((int)client._socket.HttpStatusCode, e);
        }

        return client;
    }

    public static async Task<LiveClient> ConnectAsync(ApiHost host, TestWallet wallet) => await ConnectAsync(host, await host.TokenOfAsync(wallet));

    public Task SayAsync(object message) => SayAsync(JsonSerializer.Serialize(message));

    public Task SayAsync(string text) => SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text);

    public async Task SendAsync(byte[] bytes, WebSocketMessageType type) =>
        await _socket.SendAsync(bytes, type, endOfMessage: true, CancellationToken.None).WaitAsync(Patience);

    /// <summary>Subscribes, and takes the answer.</summary>
    public async Task<JsonObject> SubscribeAsync(string channel, long? since = null)
    {
        await SayAsync(since is { } last ? new { type = "subscribe", channel, since = last } : new { type = "subscribe", channel });
        return await NextAsync("subscribed");
    }

    /// <summary>The error that it answers with.</summary>
    public async Task<JsonObject> RefusalAsync(object message)
    {
        await SayAsync(message);
        return (await NextAsync("error"))["data"]!.AsObject();
    }

    public async Task<JsonObject> NextAsync(string expected)
    {
        var next = await NextAsync();
        next["event"]!.GetValue<string>().ShouldBe(expected, next.ToJsonString());
        return next;
    }

    public async Task<JsonObject> NextAsync() =>
        await TryNextAsync() ?? throw new InvalidOperationException($"closed: {CloseStatus} {CloseReason}");

    /// <summary>Null: the server has closed.</summary>
    public async Task<JsonObject?> TryNextAsync()
    {
        var buffer = new byte[16_384];
        using var message = new MemoryStream();
        while (true)
        {
            var got = await _socket.ReceiveAsync(buffer, CancellationToken.None).WaitAsync(Patience);
            if (got.MessageType == WebSocketMessageType.Close)
            {
                await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None).WaitAsync(Patience);
                return null;
            }

            message.Write(buffer, 0, got.Count);
            if (got.EndOfMessage)
            {
                return JsonNode.Parse(message.ToArray())!.AsObject();
            }
        }
    }

    /// <summary>Everything up to the server's close.</summary>
    public async Task<List<JsonObject>> RestAsync()
    {
        var rest = new List<JsonObject>();
        while (await TryNextAsync() is { } next)
        {
            rest.Add(next);
        }

        return rest;
    }

    /// <summary>As a network that breaks.</summary>
    public void Drop() => _socket.Abort();

    public void Dispose() => _socket.Dispose();
}

/// <summary>The server did not switch protocols.</summary>
public sealed class RefusedAtTheDoorException(int status, Exception inner) : Exception($"{status}", inner)
{
    public int Status { get; } = status;
}
