using System.Buffers;
using System.Net.WebSockets;
using Hypernode.Api.Auth;
using Hypernode.Api.Http;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Live;
using Hypernode.Contracts.Ports;

namespace Hypernode.Api.Live;

/// <summary>
/// One client's connection: what it says. While nothing is said it holds no buffer, no timer and no thread, only a read that waits.
/// </summary>
internal sealed partial class LiveSocket(
    WebSocket socket, LiveHub hub, LiveAccess access, TimeProvider time, LiveOptions options)
{
    private const int MaxErrors = 10;
    private const int Burst = 5;

    private readonly Dictionary<LiveTopic, Subscription> _subscriptions = [];
    private double _mayStillSay = options.MessagesPerSecond * Burst;
    private long _saidAt = time.GetTimestamp();
    private int _errors;
    private long _idleSince = time.GetTimestamp();

    /// <summary>Null: nobody signed in.</summary>
    public WalletAddress? Wallet { get; private set; }

    /// <summary>Of the session that signed in last.</summary>
    public DateTimeOffset? ExpiresAt { get; private set; }

    /// <summary>How long it has had no subscription; zero: it has one.</summary>
    public TimeSpan IdleFor => Volatile.Read(ref _idleSince) is var since and not 0 ? time.GetElapsedTime(since) : TimeSpan.Zero;

    /// <summary>Before it runs: who signed in with the request itself.</summary>
    public void Begin(Session session) => (Wallet, ExpiresAt) = (session.Wallet, session.ExpiresAt);

    /// <summary>Until either side has closed it. The hub gives back what it held.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (await ReceiveAsync(cancellationToken))
            {
            }

            await FinishAsync();
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or ObjectDisposedException or IOException)
        {
            socket.Abort(); // it is gone, or was cut: nobody is there to be told
        }
        finally
        {
            foreach (var subscription in _subscriptions.Values)
            {
                hub.Leave(subscription);
            }
        }
    }

    /// <returns>False: the client has closed.</returns>
    private async Task<bool> ReceiveAsync(CancellationToken cancellationToken)
    {
        var first = await socket.ReceiveAsync(Memory<byte>.Empty, cancellationToken);
        if (first.MessageType == WebSocketMessageType.Close)
        {
            return false;
        }

        if (first.MessageType == WebSocketMessageType.Binary)
        {
            Close(LiveClose.NotText);
        }

        var buffer = ArrayPool<byte>.Shared.Rent(options.MaxMessageBytes + 1);
        try
        {
            var (length, complete) = (0, first.EndOfMessage);
            while (!complete && length <= options.MaxMessageBytes)
            {
                var got = await socket.ReceiveAsync(buffer.AsMemory(length, options.MaxMessageBytes + 1 - length), cancellationToken);
                if (got.MessageType == WebSocketMessageType.Close)
                {
                    return false;
                }

                (length, complete) = (length + got.Count, got.EndOfMessage);
            }

            if (IsClosing)
            {
                return await SkipAsync(buffer, complete, cancellationToken);
            }

            if (length > options.MaxMessageBytes)
            {
                Close(LiveClose.TooLarge(options.MaxMessageBytes));
                return await SkipAsync(buffer, complete, cancellationToken);
            }

            await HandleAsync(buffer.AsMemory(0, length), cancellationToken);
            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer, clearArray: true); // a token may have been in it
        }
    }

    /// <summary>The rest of a message that nobody reads any more.</summary>
    private async Task<bool> SkipAsync(byte[] buffer, bool complete, CancellationToken cancellationToken)
    {
        while (!complete)
        {
            var got = await socket.ReceiveAsync(buffer.AsMemory(), cancellationToken);
            if (got.MessageType == WebSocketMessageType.Close)
            {
                return false;
            }

            complete = got.EndOfMessage;
        }

        return true;
    }

    private async Task HandleAsync(ReadOnlyMemory<byte> utf8, CancellationToken cancellationToken)
    {
        if (!MaySay())
        {
            Close(LiveClose.TooManyMessages);
            return;
        }

        ClientMessage? message = null;
        try
        {
            message = ClientMessage.Parse(utf8);
            await (message.Type switch
            {
                "auth" => AuthenticateAsync(message),
                "subscribe" => SubscribeAsync(message, cancellationToken),
                "unsubscribe" => Unsubscribe(message),
                _ => Say(Pong.Event, new Pong(time.GetUtcNow().ToUnixTimeMilliseconds()), message),
            });
        }
        catch (MessageRefusedException refused)
        {
            await Refuse(refused.Problem, refused.Id, message);
        }
        catch (RefusedException refused)
        {
            await Refuse(refused.Problem, message?.Id, message);
        }
        catch (Exception e) when (e is not (OutOfMemoryException or WebSocketException or OperationCanceledException))
        {
            // What went wrong inside is for the log alone.
            await Refuse(StorageGate.Of(e) ?? hub.Failed(e), message?.Id, message);
        }
    }

    /// <summary>A token bucket; only the one read touches it.</summary>
    private bool MaySay()
    {
        var now = time.GetTimestamp();
        var earned = time.GetElapsedTime(_saidAt, now).TotalSeconds * options.MessagesPerSecond;
        (_mayStillSay, _saidAt) = (Math.Min(options.MessagesPerSecond * Burst, _mayStillSay + earned) - 1, now);
        return _mayStillSay >= 0;
    }

    private async Task AuthenticateAsync(ClientMessage message)
    {
        var session = await access.SessionOfAsync(message.Token!)
            ?? throw new RefusedException(new Problem("unauthorized", 401, "the token is not ours, or is over"));
        if (Wallet is { } already && already != session.Wallet)
        {
            throw new RefusedException(new Problem("another-wallet", 403, "this socket is another wallet's: open one of its own"));
        }

        if (Wallet is null && !hub.Enter(session.Wallet))
        {
            throw new RefusedException(new Problem("too-many-sockets", 429, "this wallet has as many sockets as it may"));
        }

        Begin(session);
        await Say(SignedIn.Event, new SignedIn(session.Wallet.ToString(), session.ExpiresAt.ToUnixTimeMilliseconds()), message);
    }

    private async Task SubscribeAsync(ClientMessage message, CancellationToken cancellationToken)
    {
        if (time.GetUtcNow() >= ExpiresAt)
        {
            Close(LiveClose.SessionOver);
            return;
        }

        var topic = await access.JudgeAsync(Wallet, message.Channel!, cancellationToken);
        if (_subscriptions.ContainsKey(topic))
        {
            throw new RefusedException(Problem.Conflict("already-subscribed", "unsubscribe first to resume elsewhere"));
        }

        if (_subscriptions.Count >= options.MaxSubscriptions)
        {
            throw new RefusedException(new Problem("too-many-subscriptions", 429, $"a socket may have {options.MaxSubscriptions} subscriptions"));
        }

        var since = await hub.StartOfAsync(topic, message.Since, cancellationToken);
        await Say(Subscribed.Event, new Subscribed(), message, since); // before the first event
        _subscriptions[topic] = hub.Join(this, topic, since);
        Volatile.Write(ref _idleSince, 0);
    }

    private Task Unsubscribe(ClientMessage message)
    {
        if (!LiveAccess.TryRead(Wallet, message.Channel!, out var topic) || !_subscriptions.Remove(topic, out var subscription))
        {
            throw new RefusedException(new Problem("not-subscribed", 404, "there is no such subscription"));
        }

        hub.Leave(subscription);
        Drop(subscription);
        if (_subscriptions.Count == 0)
        {
            Volatile.Write(ref _idleSince, time.GetTimestamp());
        }

        return Say(Unsubscribed.Event, new Unsubscribed(), message);
    }

    private Task Say<T>(string name, T data, ClientMessage message, long? seq = null)
    {
        Reply(new LiveMessage<T>(name, message.Channel, seq, data, message.Id));
        return Task.CompletedTask;
    }

    private Task Refuse(Problem problem, string? id, ClientMessage? message)
    {
        Reply(new LiveMessage<LiveError>(LiveError.Event, message?.Channel, null, LiveError.Of(problem), id));
        if (++_errors >= MaxErrors)
        {
            Close(LiveClose.TooManyErrors);
        }

        return Task.CompletedTask;
    }
}
