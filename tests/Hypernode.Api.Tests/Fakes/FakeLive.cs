using System.Collections.Concurrent;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Live;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Ports;

namespace Hypernode.Api.Tests.Fakes;

/// <summary>The table of shown states, in memory: several hosts may share it, as they share a database.</summary>
public sealed class FakeLiveStates : ILiveStates
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, LiveState> _all = new(StringComparer.Ordinal);

    public NetworkCounts Counts { get; set; } = new(0, 0, 0);

    public ConcurrentDictionary<WalletAddress, WalletSums> Sums { get; } = new();

    public Task<LiveState?> FindAsync(string topic, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return Task.FromResult(_all.GetValueOrDefault(topic));
        }
    }

    public Task<bool> AdvanceAsync(string topic, long seen, string body, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            var free = (_all.GetValueOrDefault(topic)?.Seq ?? 0) == seen;
            if (free)
            {
                _all[topic] = new LiveState(seen + 1, body);
            }

            return Task.FromResult(free);
        }
    }

    public Task<NetworkCounts> CountsAsync(CancellationToken cancellationToken) => Task.FromResult(Counts);

    public Task<WalletSums> SumsAsync(WalletAddress wallet, CancellationToken cancellationToken) =>
        Task.FromResult(Sums.GetValueOrDefault(wallet, new WalletSums(HyperAmount.Zero, [])));
}

/// <summary>A way of hints that a test can close; whoever shares it hears.</summary>
public sealed class FakeHints : ILiveHints
{
    private readonly ConcurrentDictionary<Action<IReadOnlyCollection<LiveTopic>?>, bool> _listeners = new();

    public void Moved(IReadOnlyCollection<LiveTopic> topics) => Tell(topics);

    public void Tell(IReadOnlyCollection<LiveTopic>? topics)
    {
        foreach (var (heard, _) in _listeners)
        {
            heard(topics);
        }
    }

    public IDisposable Listen(Action<IReadOnlyCollection<LiveTopic>?> heard)
    {
        _listeners[heard] = true;
        return new Listening(() => _listeners.TryRemove(heard, out _));
    }

    private sealed class Listening(Action stop) : IDisposable
    {
        public void Dispose() => stop();
    }
}
