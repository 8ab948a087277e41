using System.Net.WebSockets;
using System.Text.Json;
using Hypernode.Api.Http;

namespace Hypernode.Api.Live;

/// <summary>
/// What it is told. Messages wait in a bounded queue; one at a time is on its way, from a pump that runs only while there is something
/// to send. Where a history has no room its channel waits, and the storage is the queue; a client that makes no room for long is told
/// with which event it stopped, and closed. A state waits once, whatever it becomes meanwhile.
/// </summary>
internal sealed partial class LiveSocket
{
    private readonly Lock _gate = new();
    private readonly Queue<Outgoing> _queue = new(capacity: 0);
    private List<LiveChannel>? _waiting;
    private long _queuedBytes;
    private bool _pumping;
    private LiveClose? _closing;
    private Subscription? _lagging;
    private long _fullSince;
    private long _sendingSince;
    private long _closingSince;

    public bool IsClosing => Volatile.Read(ref _closing) is not null;

    /// <summary>How long one message has been on its way out; zero: none is.</summary>
    public TimeSpan SendingFor => Volatile.Read(ref _sendingSince) is var since and not 0 ? time.GetElapsedTime(since) : TimeSpan.Zero;

    /// <summary>How long it has been waiting for the client to close; zero: it is open.</summary>
    public TimeSpan ClosingFor => Volatile.Read(ref _closingSince) is var since and not 0 ? time.GetElapsedTime(since) : TimeSpan.Zero;

    /// <summary>How long it has had no room for a history that goes on; zero: it has.</summary>
    public TimeSpan FullFor => Volatile.Read(ref _fullSince) is var since and not 0 ? time.GetElapsedTime(since) : TimeSpan.Zero;

    /// <summary>Cuts the connection: its read fails, and that ends it.</summary>
    public void Abort() => socket.Abort();

    /// <summary>Is there room for a page? Else the subscription's channel is woken when there is.</summary>
    public bool HasRoomFor(Subscription subscription)
    {
        lock (_gate)
        {
            if (HasRoom)
            {
                Volatile.Write(ref _fullSince, 0);
                return true;
            }

            (_waiting ??= []).Add(subscription.Channel);
            if (_fullSince == 0)
            {
                _lagging = subscription;
                Volatile.Write(ref _fullSince, time.GetTimestamp());
            }

            return false;
        }
    }

    /// <summary>An event of a history, which is not left out.</summary>
    /// <param name="asked">There was room for its page.</param>
    /// <returns>False: there is no room; the subscription has to catch up.</returns>
    public bool Offer(Subscription subscription, LiveEvent next, bool asked = false)
    {
        lock (_gate)
        {
            if (_closing is not null || subscription.IsOver)
            {
                return true; // to nobody
            }

            if (!asked && (_queue.Count >= options.MaxQueuedEvents || _queuedBytes + next.Json.Length > options.MaxQueuedBytes))
            {
                return false;
            }

            Enqueue(new Outgoing(next.Json, subscription, next.Seq));
            return true;
        }
    }

    /// <summary>A state: the newest is enough.</summary>
    public void OfferNewest(Subscription subscription, LiveEvent newest)
    {
        lock (_gate)
        {
            if (_closing is not null || subscription.IsOver)
            {
                return;
            }

            var waits = subscription.Newest is not null;
            subscription.Newest = newest;
            if (!waits)
            {
                Enqueue(new Outgoing(null, subscription, 0));
            }
        }
    }

    /// <summary>What waits is still sent, then why it is closed.</summary>
    public void Close(LiveClose why)
    {
        lock (_gate)
        {
            BeginClose(why, drop: false);
        }
    }

    /// <summary>It has made no room for too long: what waits is not sent any more.</summary>
    public void CloseSlow()
    {
        lock (_gate)
        {
            BeginClose(LiveClose.TooSlow, drop: true);
        }
    }

    private bool HasRoom => _queue.Count <= options.MaxQueuedEvents / 2 && _queuedBytes <= options.MaxQueuedBytes / 2;

    /// <summary>A client's answers are bounded as its messages are: it is not read on while they pile up.</summary>
    private void Reply<T>(LiveMessage<T> message)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(message, ApiJson.Options);
        lock (_gate)
        {
            if (_closing is not null)
            {
                return;
            }

            if (_queue.Count >= options.MaxQueuedEvents * 2)
            {
                BeginClose(LiveClose.TooManyMessages, drop: true);
                return;
            }

            Enqueue(new Outgoing(json, null, 0));
        }
    }

    /// <summary>What waits of a subscription that is over is not sent.</summary>
    private void Drop(Subscription subscription)
    {
        List<LiveChannel>? woken;
        lock (_gate)
        {
            for (var left = _queue.Count; left > 0; left--)
            {
                var message = _queue.Dequeue();
                if (message.Of == subscription)
                {
                    _queuedBytes -= message.Json?.Length ?? 0;
                }
                else
                {
                    _queue.Enqueue(message);
                }
            }

            (subscription.Newest, subscription.IsOver) = (null, true);
            woken = TakeWaiting();
        }

        woken?.ForEach(channel => channel.Wake());
    }

    /// <summary>Those that can go on, once there is room. Under the lock.</summary>
    private List<LiveChannel>? TakeWaiting()
    {
        if (_waiting is not { } waiting || !HasRoom)
        {
            return null;
        }

        _waiting = null;
        Volatile.Write(ref _fullSince, 0);
        return waiting;
    }

    private void Enqueue(Outgoing message)
    {
        _queue.Enqueue(message);
        _queuedBytes += message.Json?.Length ?? 0;
        StartPump();
    }

    private void BeginClose(LiveClose why, bool drop)
    {
        if (_closing is not null)
        {
            return;
        }

        Volatile.Write(ref _closing, why);
        Volatile.Write(ref _closingSince, time.GetTimestamp());
        if (drop)
        {
            _queue.Clear();
            _queuedBytes = 0;
        }

        StartPump();
    }

    private void StartPump()
    {
        if (!_pumping)
        {
            _pumping = true;
            _ = Task.Run(PumpAsync, CancellationToken.None);
        }
    }

    private async Task PumpAsync()
    {
        try
        {
            LiveClose? closing;
            while (Next(out var message, out closing))
            {
                await SendAsync(message.Json!);
                if (message.Of is { } subscription)
                {
                    subscription.Sent = message.Seq;
                }
            }

            if (closing is not null)
            {
                await SendAsync(LastWords(closing));
                await socket.CloseOutputAsync(closing.Status, closing.Kind, CancellationToken.None);
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or ObjectDisposedException or IOException or InvalidOperationException)
        {
            socket.Abort(); // the client is gone, or was cut: the read ends, too
        }
    }

    private async Task SendAsync(byte[] json)
    {
        Volatile.Write(ref _sendingSince, time.GetTimestamp());
        await socket.SendAsync(json.AsMemory(), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
        Volatile.Write(ref _sendingSince, 0);
    }

    /// <param name="closing">Said where nothing waits any more: the pump that hears it has the last word, and no other one follows.</param>
    /// <returns>False: nothing waits, and the pump ends.</returns>
    private bool Next(out Outgoing message, out LiveClose? closing)
    {
        List<LiveChannel>? woken;
        lock (_gate)
        {
            closing = _closing;
            if (!_queue.TryDequeue(out message))
            {
                _pumping = closing is not null;
                return false;
            }

            _queuedBytes -= message.Json?.Length ?? 0;
            if (message.Json is null)
            {
                var (of, newest) = (message.Of!, message.Of!.Newest!);
                (message, of.Newest) = (new Outgoing(newest.Json, of, newest.Seq), null);
            }

            woken = TakeWaiting();
        }

        woken?.ForEach(channel => channel.Wake());
        return true;
    }

    private byte[] LastWords(LiveClose why) => why == LiveClose.TooSlow && _lagging is { } slow
        ? JsonSerializer.SerializeToUtf8Bytes(
            new LiveMessage<SlowConsumer>(SlowConsumer.Event, LiveAccess.ChannelOf(slow.Channel.Topic), slow.Sent, new SlowConsumer(why.Detail)), ApiJson.Options)
        : JsonSerializer.SerializeToUtf8Bytes(
            new LiveMessage<LiveError>(LiveError.Event, null, null, LiveError.Of(new Problem(why.Kind, why.HttpStatus, why.Detail))), ApiJson.Options);

    /// <summary>The client has closed: its close is answered, unless ours came first.</summary>
    private async Task FinishAsync()
    {
        if (socket.State == WebSocketState.CloseReceived)
        {
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        }
    }

    /// <param name="Json">Null: the newest state of the subscription, as it is when its turn comes.</param>
    private readonly record struct Outgoing(byte[]? Json, Subscription? Of, long Seq);
}

/// <summary>Why a socket is closed from our side.</summary>
/// <param name="Kind">As in a problem's type; also the close frame's reason.</param>
/// <param name="HttpStatus">What the same would be over HTTP.</param>
internal sealed record LiveClose(WebSocketCloseStatus Status, string Kind, int HttpStatus, string Detail)
{
    public static LiveClose HostStops { get; } = new(WebSocketCloseStatus.EndpointUnavailable, "host-stops", 503, "this host stops: resume at another one");

    public static LiveClose NotText { get; } = new(WebSocketCloseStatus.InvalidMessageType, "binary-message", 415, "messages are JSON texts");

    public static LiveClose TooManyMessages { get; } = new(WebSocketCloseStatus.PolicyViolation, "too-many-messages", 429, "this socket says more than it may");

    public static LiveClose TooManyErrors { get; } = new(WebSocketCloseStatus.PolicyViolation, "too-many-errors", 400, "too many messages were wrong");

    public static LiveClose NothingWatched { get; } = new(WebSocketCloseStatus.PolicyViolation, "idle", 408, "the socket has had no subscription for too long");

    /// <summary>4401: sign in again, open another, resume.</summary>
    public static LiveClose SessionOver { get; } = new((WebSocketCloseStatus)4401, "session-over", 401, "the session is over: sign in again and resume");

    /// <summary>4408: open another and resume.</summary>
    public static LiveClose TooSlow { get; } = new((WebSocketCloseStatus)4408, "slow-consumer", 408, "nothing was read for too long: open another socket and resume");

    public static LiveClose TooLarge(int limit) => new(WebSocketCloseStatus.MessageTooBig, "too-large", 413, $"a message may have at most {limit} bytes");
}
