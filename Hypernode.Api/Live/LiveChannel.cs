using Hypernode.Contracts.Live;
using Microsoft.Extensions.Logging;

namespace Hypernode.Api.Live;

/// <summary>
/// A topic that somebody watches on this host. A hint or a look wakes it; one run at a time reads what is new, once for all of its
/// subscriptions. What a run can't read (the storage is away) the next one does: an event is late then, never lost.
/// </summary>
internal abstract partial class LiveChannel(LiveTopic topic, TimeProvider time, ILogger logger, Runs runs)
{
    private const int Idle = 0;
    private const int Running = 1;
    private const int RunningAndWoken = 2;

    /// <summary>Subscriptions that are told before others get their turn: thousands of sockets must not hold up another topic's event.</summary>
    private const int Slice = 128;

    private int _state;
    private long _looked = time.GetTimestamp();

    public LiveTopic Topic => topic;

    protected TimeProvider Time => time;

    /// <summary>Guards the subscriptions, and what is handed to them outside of a run.</summary>
    protected Lock Gate { get; } = new();

    protected List<Subscription> Subscriptions { get; } = [];

    /// <summary>It is taken out of the hub: who comes now makes another.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>Nothing comes any more.</summary>
    public virtual bool IsOver => false;

    /// <summary>Since it was last read.</summary>
    public TimeSpan SinceLook => time.GetElapsedTime(Volatile.Read(ref _looked));

    public void Add(Subscription subscription)
    {
        lock (Gate)
        {
            Subscriptions.Add(subscription);
            Added(subscription);
        }

        Wake();
    }

    /// <returns>True: nobody is left, and the channel is closed.</returns>
    public bool Remove(Subscription subscription)
    {
        lock (Gate)
        {
            subscription.IsOver = true;
            Subscriptions.Remove(subscription);
            return IsClosed |= Subscriptions.Count == 0;
        }
    }

    /// <summary>Something may have moved, or a subscription can take more. Any thread; returns at once.</summary>
    public void Wake()
    {
        if (Interlocked.Exchange(ref _state, RunningAndWoken) == Idle)
        {
            runs.Begin();
            _ = Task.Run(RunAsync, CancellationToken.None);
        }
    }

    /// <summary>Under the lock.</summary>
    protected virtual void Added(Subscription subscription)
    {
    }

    /// <summary>Reads what is new and hands it over.</summary>
    protected abstract Task ReadAsync(CancellationToken cancellationToken);

    /// <summary>One after the other, with pauses in which other work of the host goes on.</summary>
    protected static async Task EachAsync(IReadOnlyList<Subscription> subscriptions, Action<Subscription> tell)
    {
        for (var i = 0; i < subscriptions.Count; i++)
        {
            if (i % Slice == Slice - 1)
            {
                await Task.Yield();
            }

            tell(subscriptions[i]);
        }
    }

    protected Subscription[] Snapshot()
    {
        lock (Gate)
        {
            return [.. Subscriptions];
        }
    }

    private async Task RunAsync()
    {
        do
        {
            Volatile.Write(ref _state, Running);
            Volatile.Write(ref _looked, time.GetTimestamp());
            if (IsClosed || runs.Stopping.IsCancellationRequested)
            {
                continue;
            }

            try
            {
                await ReadAsync(runs.Stopping);
            }
            catch (OperationCanceledException) when (runs.Stopping.IsCancellationRequested)
            {
                // The host stops: clients resume elsewhere.
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                NotRead(logger, e, topic.Kind); // the hub looks again soon
            }
        }
        while (Interlocked.CompareExchange(ref _state, Idle, Running) != Running);
        runs.End();
    }

    [LoggerMessage(5101, LogLevel.Warning, "A watched {Kind} could not be read; its events come later")]
    private static partial void NotRead(ILogger logger, Exception e, LiveKind kind);
}

/// <summary>The channels' reads that are under way: a host that has stopped reads no more.</summary>
internal sealed class Runs : IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private int _count;
    private int _disposed;

    public Runs() => Stopping = _stopping.Token;

    /// <summary>Can be asked after the end, too.</summary>
    public CancellationToken Stopping { get; }

    public void Begin() => Interlocked.Increment(ref _count);

    public void End() => Interlocked.Decrement(ref _count);

    /// <summary>Returns when none is under way, and none begins any more that would read.</summary>
    public async Task StopAsync(TimeProvider time, CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        while (Volatile.Read(ref _count) > 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), time, cancellationToken);
        }
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0) // the container disposes what it knows by two names twice
        {
            _stopping.Cancel();
            _stopping.Dispose();
        }
    }
}

/// <summary>Of what has a history: every event, in order, to each subscription once.</summary>
internal sealed class HistoryChannel(LiveTopic topic, IHistoryFeed feed, TimeProvider time, ILogger logger, Runs runs)
    : LiveChannel(topic, time, logger, runs)
{
    /// <summary>Up to where those who have caught up were told; null: there is none.</summary>
    private long? _head;

    public override bool IsOver => feed.IsOver;

    /// <summary>The run's own order decides: behind subscriptions catch up at their sockets' pace, then join the others.</summary>
    protected override async Task ReadAsync(CancellationToken cancellationToken)
    {
        foreach (var behind in Snapshot().Where(s => !s.IsLive))
        {
            await CatchUpAsync(behind, cancellationToken);
        }

        var live = Snapshot().Where(s => s.IsLive).ToList();
        if (live.Count == 0)
        {
            _head = null;
            return;
        }

        for (var more = true; more;)
        {
            (var events, more) = await feed.ReadAsync(_head ?? live.Min(s => s.Cursor), cancellationToken);
            foreach (var next in events)
            {
                await EachAsync(live, subscription => Hand(subscription, next));
                _head = next.Seq;
            }

            more &= events.Count > 0;
        }
    }

    private async Task CatchUpAsync(Subscription behind, CancellationToken cancellationToken)
    {
        while (!behind.IsOver)
        {
            if (!behind.Socket.HasRoomFor(behind))
            {
                return; // the socket wakes the channel once it has
            }

            var (events, more) = await feed.ReadAsync(behind.Cursor, cancellationToken);
            foreach (var next in events)
            {
                behind.Cursor = next.Seq;
                behind.Socket.Offer(behind, next, asked: true);
            }

            if (!more || events.Count == 0)
            {
                behind.IsLive = true;
                _head ??= behind.Cursor;
                return;
            }
        }
    }

    private void Hand(Subscription subscription, LiveEvent next)
    {
        if (next.Seq <= subscription.Cursor || subscription.IsOver || !subscription.IsLive)
        {
            return;
        }

        if (subscription.Socket.Offer(subscription, next))
        {
            subscription.Cursor = next.Seq;
            return;
        }

        subscription.IsLive = false; // the others go on; it catches up from here, at its own pace
        if (subscription.Socket.HasRoomFor(subscription))
        {
            Wake();
        }
    }
}

/// <summary>Of what has a state: the newest, to whoever has an older one.</summary>
/// <param name="least">Between two looks.</param>
internal sealed class StateChannel(LiveTopic topic, StateFeed feed, TimeSpan least, TimeProvider time, ILogger logger, Runs runs)
    : LiveChannel(topic, time, logger, runs)
{
    /// <summary>Looks that sum up (all jobs, a wallet's) take at most this part of the time; others are a row or two.</summary>
    private const int Share = 20;
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    private LiveEvent? _newest;
    private long? _lookedAt;
    private TimeSpan _cost;

    /// <summary>Who comes gets what is known at once.</summary>
    protected override void Added(Subscription subscription) => Hand(subscription);

    protected override async Task ReadAsync(CancellationToken cancellationToken)
    {
        if (_lookedAt is { } before && Pause() - Time.GetElapsedTime(before) is { Ticks: > 0 } rest)
        {
            await Task.Delay(rest, Time, cancellationToken);
        }

        _lookedAt = Time.GetTimestamp();
        var newest = await feed.ReadAsync(cancellationToken);
        _cost = Time.GetElapsedTime(_lookedAt.Value);
        lock (Gate)
        {
            if (newest is not null && (_newest is null || newest.Seq > _newest.Seq))
            {
                _newest = newest;
            }
        }

        await EachAsync(Snapshot(), subscription =>
        {
            lock (Gate)
            {
                Hand(subscription);
            }
        });
    }

    private TimeSpan Pause()
    {
        var dear = Topic.Kind == LiveKind.Node ? TimeSpan.Zero : _cost * Share;
        return dear <= least ? least : dear < LongestPause ? dear : LongestPause;
    }

    /// <summary>Under the lock.</summary>
    private void Hand(Subscription subscription)
    {
        if (_newest is { } newest && newest.Seq > subscription.Cursor && !subscription.IsOver)
        {
            subscription.Cursor = newest.Seq;
            subscription.Socket.OfferNewest(subscription, newest);
        }
    }
}
