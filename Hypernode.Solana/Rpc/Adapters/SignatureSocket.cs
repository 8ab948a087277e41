using System.Buffers;
using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hypernode.Solana;

/// <summary>
/// A node's <c>signatureSubscribe</c> over one WebSocket. When it breaks it is opened again, every signature is subscribed to
/// anew, and every watcher is told to ask, for news may have been missed.
/// </summary>
public sealed partial class SignatureSocket : ISignatureSignals, IAsyncDisposable
{
    private const int MostMessageBytes = 1 << 20;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(15);

    private readonly Uri address;
    private readonly TimeProvider time;
    private readonly ILogger log;
    private readonly ConcurrentDictionary<long, Watched> byRequest = new();
    private readonly ConcurrentDictionary<ulong, Watched> bySubscription = new();
    private readonly CancellationTokenSource end = new();
    private readonly Task running;
    private volatile Channel<byte[]>? outgoing;
    private long lastRequest;
    private int ended;

    /// <param name="address">ws or wss</param>
    public SignatureSocket(Uri address, TimeProvider? time = null, ILogger<SignatureSocket>? log = null)
    {
        (this.address, this.time, this.log) = (address, time ?? TimeProvider.System, log ?? NullLogger<SignatureSocket>.Instance);
        running = RunAsync();
    }

    /// <summary>Is the connection open?</summary>
    public bool IsOpen => outgoing is not null;

    public ISignatureSignal Watch(string signature, Commitment commitment)
    {
        var watched = new Watched(this, Interlocked.Increment(ref lastRequest), signature, commitment);
        byRequest[watched.Request] = watched;
        Subscribe(watched);
        return watched;
    }

    /// <summary>May be called again: a container disposes of what it knows under two names twice.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref ended, 1) != 0)
        {
            return;
        }

        await end.CancelAsync();
        await running;
        end.Dispose();
    }

    private async Task RunAsync()
    {
        var pause = FirstPause;
        while (!end.IsCancellationRequested)
        {
            try
            {
                using var socket = new ClientWebSocket();
                socket.Options.KeepAliveInterval = KeepAlive;
                socket.Options.KeepAliveTimeout = KeepAlive;
                await socket.ConnectAsync(address, end.Token);
                pause = FirstPause;
                await ServeAsync(socket);
            }
            catch (Exception e) when (e is WebSocketException or HttpRequestException or IOException or OperationCanceledException or InvalidOperationException)
            {
                if (!end.IsCancellationRequested)
                {
                    LogBroken(RpcEndpoint.NameOf(address), e.Message);
                }
            }

            try
            {
                await Task.Delay(pause, time, end.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    private async Task ServeAsync(ClientWebSocket socket)
    {
        using var broken = CancellationTokenSource.CreateLinkedTokenSource(end.Token);
        var queue = Channel.CreateUnbounded<byte[]>(new UnboundedChannelOptions { SingleReader = true });
        bySubscription.Clear();
        outgoing = queue;
        foreach (var watched in byRequest.Values)
        {
            // Also those that were watched while nobody was there.
            Subscribe(watched);
        }

        var sending = SendAllAsync(socket, queue.Reader, broken);
        try
        {
            await ReceiveAllAsync(socket, broken.Token);
        }
        finally
        {
            outgoing = null;
            queue.Writer.TryComplete();
            await broken.CancelAsync();
            await sending;
            foreach (var watched in byRequest.Values)
            {
                watched.Lost();
            }
        }
    }

    private static async Task SendAllAsync(ClientWebSocket socket, ChannelReader<byte[]> queue, CancellationTokenSource broken)
    {
        try
        {
            await foreach (var message in queue.ReadAllAsync(broken.Token))
            {
                await socket.SendAsync(message, WebSocketMessageType.Text, endOfMessage: true, broken.Token);
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or IOException or InvalidOperationException)
        {
            // The reading side notices too, and tells everybody.
            await broken.CancelAsync();
        }
    }

    private async Task ReceiveAllAsync(ClientWebSocket socket, CancellationToken cancellation)
    {
        var buffer = new ArrayBufferWriter<byte>(4_096);
        while (true)
        {
            var received = await socket.ReceiveAsync(buffer.GetMemory(4_096), cancellation);
            if (received.MessageType == WebSocketMessageType.Close)
            {
                return;
            }

            buffer.Advance(received.Count);
            if (buffer.WrittenCount > MostMessageBytes)
            {
                throw new InvalidOperationException("a message of more than a megabyte");
            }

            if (received.EndOfMessage)
            {
                Read(buffer.WrittenSpan);
                buffer.ResetWrittenCount();
            }
        }
    }

    private void Read(ReadOnlySpan<byte> message)
    {
        try
        {
            var json = JsonSerializer.Deserialize<JsonElement>(message);
            if (json.TryGetProperty("method", out var method))
            {
                if (method.ValueEquals("signatureNotification")
                    && bySubscription.TryRemove(json.GetProperty("params").GetProperty("subscription").GetUInt64(), out var told))
                {
                    told.Told();
                }
            }
            else if (json.TryGetProperty("id", out var id) && id.TryGetInt64(out var request) && byRequest.TryGetValue(request, out var watched))
            {
                if (json.TryGetProperty("result", out var result) && result.TryGetUInt64(out var subscription))
                {
                    bySubscription[subscription] = watched;
                    watched.Subscribed(subscription);
                }
                else
                {
                    // It is asked for without us.
                    LogRefused(watched.Signature);
                }
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            LogUnreadable(RpcEndpoint.NameOf(address), e.GetType().Name);
        }
    }

    private void Subscribe(Watched watched) => outgoing?.Writer.TryWrite(JsonSerializer.SerializeToUtf8Bytes(new
    {
        jsonrpc = "2.0",
        id = watched.Request,
        method = "signatureSubscribe",
        @params = new object[] { watched.Signature, new { commitment = watched.Commitment == Commitment.Finalized ? "finalized" : "confirmed" } },
    }));

    private void Forget(Watched watched)
    {
        byRequest.TryRemove(watched.Request, out _);
        if (watched.Subscription is { } subscription && bySubscription.TryRemove(subscription, out _))
        {
            outgoing?.Writer.TryWrite(JsonSerializer.SerializeToUtf8Bytes(new
            {
                jsonrpc = "2.0",
                id = Interlocked.Increment(ref lastRequest),
                method = "signatureUnsubscribe",
                @params = new[] { subscription },
            }));
        }
    }

    [LoggerMessage(EventId = 4150, Level = LogLevel.Warning, Message = "Subscriptions at {Endpoint} broke off ({Reason}); transactions are polled for until it is back")]
    private partial void LogBroken(string endpoint, string reason);

    [LoggerMessage(EventId = 4151, Level = LogLevel.Debug, Message = "No subscription to {Signature}: it is polled for")]
    private partial void LogRefused(string signature);

    [LoggerMessage(EventId = 4152, Level = LogLevel.Warning, Message = "{Endpoint} sent something that can't be read ({Kind})")]
    private partial void LogUnreadable(string endpoint, string kind);

    private sealed class Watched(SignatureSocket owner, long request, string signature, Commitment commitment) : ISignatureSignal
    {
        private readonly TaskCompletionSource ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private TaskCompletionSource fired = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public long Request => request;

        public string Signature => signature;

        public Commitment Commitment => commitment;

        public ulong? Subscription { get; private set; }

        public Task Ready => ready.Task;

        public bool IsLive { get; private set; }

        public Task Fired => Volatile.Read(ref fired).Task;

        public void Rearm()
        {
            if (Volatile.Read(ref fired).Task.IsCompleted)
            {
                Volatile.Write(ref fired, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            }
        }

        public void Subscribed(ulong subscription)
        {
            Subscription = subscription;
            IsLive = true;
            ready.TrySetResult();
            // What happened before the subscription stood is found by asking once.
            Volatile.Read(ref fired).TrySetResult();
        }

        /// <summary>A signature is told about once.</summary>
        public void Told()
        {
            IsLive = false;
            Volatile.Read(ref fired).TrySetResult();
        }

        public void Lost()
        {
            IsLive = false;
            Volatile.Read(ref fired).TrySetResult();
        }

        public void Dispose() => owner.Forget(this);
    }
}
