using System.Collections.Concurrent;
using Hypernode.Contracts.Live;
using Hypernode.Contracts.Ports;

namespace Hypernode.Api.Live;

/// <summary>Hints, for those who watch a topic here: a socket's channel or a stream of Server-Sent Events. What nobody watches costs a look-up.</summary>
internal sealed class Movements : IDisposable
{
    private readonly ConcurrentDictionary<LiveTopic, Action[]> _watchers = new();
    private readonly IDisposable _listening;

    public Movements(ILiveHints hints) => _listening = hints.Listen(Heard);

    /// <param name="moved">Returns at once and does not throw.</param>
    /// <returns>Disposed: it is not called any more.</returns>
    public IDisposable Watch(LiveTopic topic, Action moved)
    {
        _watchers.AddOrUpdate(topic, _ => [moved], (_, others) => [.. others, moved]);
        return new Watching(this, topic, moved);
    }

    public void Dispose() => _listening.Dispose();

    private void Heard(IReadOnlyCollection<LiveTopic>? topics)
    {
        foreach (var topic in topics ?? [.. _watchers.Keys])
        {
            if (_watchers.TryGetValue(topic, out var watchers))
            {
                Array.ForEach(watchers, moved => moved());
            }
        }
    }

    private void Leave(LiveTopic topic, Action moved)
    {
        while (_watchers.TryGetValue(topic, out var watchers))
        {
            Action[] left = [.. watchers.Where(w => w != moved)];
            if (left.Length == 0 ? _watchers.TryRemove(KeyValuePair.Create(topic, watchers)) : _watchers.TryUpdate(topic, left, watchers))
            {
                return;
            }
        }
    }

    private sealed class Watching(Movements movements, LiveTopic topic, Action moved) : IDisposable
    {
        public void Dispose() => movements.Leave(topic, moved);
    }
}
