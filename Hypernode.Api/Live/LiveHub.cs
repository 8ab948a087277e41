using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Net.WebSockets;
using Hypernode.Api.Auth;
using Hypernode.Api.Facilitator;
using Hypernode.Api.Http;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Live;
using Hypernode.Contracts.Ports;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Hypernode.Api.Live;

/// <summary>
/// This host's sockets and what they watch. One loop for all of them looks where no hint came, and cuts what is stuck, silent or over;
/// a host that stops tells its sockets first, so that they resume at another.
/// </summary>
internal sealed partial class LiveHub(
    Feeds feeds,
    Movements movements,
    LiveAccess access,
    ILiveStates states,
    TimeProvider time,
    IHostApplicationLifetime host,
    IMeterFactory meters,
    IOptions<LiveOptions> options,
    ILogger<LiveHub> logger) : BackgroundService
{
    private static readonly TimeSpan LongestTick = TimeSpan.FromMilliseconds(250);

    /// <summary>A host that stops waits no longer for its clients to close.</summary>
    private static readonly TimeSpan LastPatience = TimeSpan.FromSeconds(3);

    private readonly LiveOptions _options = options.Value;
    private readonly ConcurrentDictionary<LiveSocket, bool> _sockets = new();
    private readonly ConcurrentDictionary<LiveTopic, Watched> _channels = new();
    private readonly Lock _gate = new();
    private readonly Runs _runs = new();
    private readonly Counts _counts = new();

    public int Sockets => _sockets.Count;

    /// <summary>Of them those that have been told to go.</summary>
    public int Closing => _sockets.Count(s => s.Key.IsClosing);

    public int Channels => _channels.Count;

    /// <summary>Takes a place for a socket; <see cref="RunAsync"/> gives it back.</summary>
    /// <returns>Null: it is taken. Else why not.</returns>
    public Problem? Open(string address, WalletAddress? wallet)
    {
        if (host.ApplicationStopping.IsCancellationRequested)
        {
            return new Problem("host-stops", 503, "this host stops", RetryAfterSeconds: 1);
        }

        if (!_counts.TryEnter("all", _options.MaxSockets))
        {
            return new Problem("too-many-sockets", 503, "this host has as many sockets as it may", RetryAfterSeconds: 10);
        }

        if (!_counts.TryEnter(address, _options.MaxSocketsPerAddress))
        {
            _counts.Leave("all");
            return TooMany("address");
        }

        if (wallet is { } known && !Enter(known))
        {
            GiveBack(address, null);
            return TooMany("wallet");
        }

        return null;
    }

    /// <summary>A place for a wallet that signs in on an open socket.</summary>
    public bool Enter(WalletAddress wallet) => _counts.TryEnter(Key(wallet), _options.MaxSocketsPerWallet);

    /// <summary>Shakes hands; where that fails the place is given back.</summary>
    public async Task<WebSocket> AcceptAsync(HttpContext context, string address, WalletAddress? wallet, string? protocol)
    {
        try
        {
            return await context.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext { SubProtocol = protocol });
        }
        catch
        {
            GiveBack(address, wallet);
            throw;
        }
    }

    /// <summary>Until it is closed.</summary>
    /// <param name="address">Whose place it has.</param>
    public async Task RunAsync(WebSocket accepted, string address, Session? session, CancellationToken cancellationToken)
    {
        var socket = new LiveSocket(accepted, this, access, time, _options);
        if (session is not null)
        {
            socket.Begin(session);
        }

        _sockets[socket] = true;
        try
        {
            if (host.ApplicationStopping.IsCancellationRequested)
            {
                socket.Close(LiveClose.HostStops); // it came between the question and the list
            }

            await socket.RunAsync(cancellationToken);
        }
        finally
        {
            _sockets.TryRemove(socket, out _);
            GiveBack(address, socket.Wallet);
        }
    }

    /// <summary>After which event a subscription begins: the one that the client has, or else so that it gets the newest.</summary>
    /// <exception cref="RefusedException">409: the client has more than there is.</exception>
    public async Task<long> StartOfAsync(LiveTopic topic, long? since, CancellationToken cancellationToken)
    {
        var history = feeds.HistoryOf(topic);
        var newest = history is not null
            ? await history.NewestAsync(cancellationToken)
            : since is null ? 1 : (await states.FindAsync(topic.ToString(), cancellationToken))?.Seq ?? 0;
        return since is not { } last ? Math.Max(0, (newest ?? 1) - 1)
            : last > newest ? throw new RefusedException(new Problem("since-ahead", 409, "since: the channel has not come so far; subscribe without it"))
            : last;
    }

    public Subscription Join(LiveSocket socket, LiveTopic topic, long since)
    {
        lock (_gate)
        {
            var channel = _channels.GetOrAdd(topic, Watch).Channel;
            var subscription = new Subscription(socket, channel, since);
            channel.Add(subscription);
            return subscription;
        }
    }

    public void Leave(Subscription subscription)
    {
        lock (_gate)
        {
            if (subscription.Channel.Remove(subscription) && _channels.TryRemove(subscription.Channel.Topic, out var watched))
            {
                watched.Watching.Dispose();
            }
        }
    }

    /// <summary>A message that failed for a reason of ours.</summary>
    public Problem Failed(Exception exception)
    {
        LogFailed(exception);
        return new Problem("internal", 500, "something went wrong on our side");
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await _runs.StopAsync(time, cancellationToken);
    }

    public override void Dispose()
    {
        _runs.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var stopping = host.ApplicationStopping.Register(() =>
        {
            foreach (var (socket, _) in _sockets)
            {
                socket.Close(LiveClose.HostStops);
            }
        });
        var meter = meters.Create(IntentCounters.MeterName);
        meter.CreateObservableGauge("hypernode.api.live.sockets", () => Sockets, description: "Open WebSockets of this host");
        meter.CreateObservableGauge("hypernode.api.live.channels", () => Channels, description: "Topics that they watch");
        var shortest = TimeSpan.FromMilliseconds(Math.Min(_options.PollMilliseconds, _options.NetworkMilliseconds));
        var tick = shortest < LongestTick ? shortest : LongestTick;
        while (!stoppingToken.IsCancellationRequested)
        {
            LookAround();
            await Task.Delay(tick, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void LookAround()
    {
        foreach (var (topic, watched) in _channels)
        {
            var pause = topic.Kind == LiveKind.Network ? _options.NetworkMilliseconds : _options.PollMilliseconds;
            if (!watched.Channel.IsOver && watched.Channel.SinceLook >= TimeSpan.FromMilliseconds(pause))
            {
                watched.Channel.Wake();
            }
        }

        var (now, patience, slow, idle) = (
            time.GetUtcNow(),
            TimeSpan.FromSeconds(_options.PatienceSeconds),
            TimeSpan.FromSeconds(_options.SlowSeconds),
            TimeSpan.FromSeconds(_options.IdleSeconds));
        var closing = host.ApplicationStopping.IsCancellationRequested ? LastPatience : patience;
        foreach (var (socket, _) in _sockets)
        {
            if (socket.SendingFor > patience || socket.ClosingFor > closing)
            {
                socket.Abort();
            }
            else if (socket.FullFor > slow)
            {
                socket.CloseSlow();
            }
            else if (now >= socket.ExpiresAt)
            {
                socket.Close(LiveClose.SessionOver);
            }
            else if (socket.IdleFor > idle)
            {
                socket.Close(LiveClose.NothingWatched);
            }
        }
    }

    private Watched Watch(LiveTopic topic)
    {
        LiveChannel channel = feeds.HistoryOf(topic) is { } history
            ? new HistoryChannel(topic, history, time, logger, _runs)
            : new StateChannel(
                topic,
                feeds.StateOf(topic),
                TimeSpan.FromMilliseconds(topic.Kind == LiveKind.Network ? _options.NetworkMilliseconds : _options.StateMilliseconds),
                time,
                logger,
                _runs);
        return new Watched(channel, movements.Watch(topic, channel.Wake));
    }

    private void GiveBack(string address, WalletAddress? wallet)
    {
        _counts.Leave("all");
        _counts.Leave(address);
        if (wallet is { } known)
        {
            _counts.Leave(Key(known));
        }
    }

    private static string Key(WalletAddress wallet) => $"key {wallet}";

    private static Problem TooMany(string whose) =>
        new("too-many-sockets", 429, $"this {whose} has as many sockets as it may", RetryAfterSeconds: 10);

    [LoggerMessage(5102, LogLevel.Error, "A message on a live socket could not be answered")]
    private partial void LogFailed(Exception exception);

    private sealed record Watched(LiveChannel Channel, IDisposable Watching);

    /// <summary>How many each caller has.</summary>
    private sealed class Counts
    {
        private readonly Lock _gate = new();
        private readonly Dictionary<string, int> _counts = new(StringComparer.Ordinal);

        public bool TryEnter(string caller, int most)
        {
            lock (_gate)
            {
                var count = _counts.GetValueOrDefault(caller);
                if (count >= most)
                {
                    return false;
                }

                _counts[caller] = count + 1;
                return true;
            }
        }

        public void Leave(string caller)
        {
            lock (_gate)
            {
                if (--_counts[caller] == 0)
                {
                    _counts.Remove(caller);
                }
            }
        }
    }
}
