using Hypernode.Contracts.Live;
using Hypernode.Contracts.Ports;

namespace Hypernode.Host.Live;

/// <summary>Hints within one process: who listens is called at once. It is the embedded stack's whole way, and the last step of the broker's.</summary>
internal sealed class InProcessHints : ILiveHints
{
    private readonly Lock _gate = new();
    private Action<IReadOnlyCollection<LiveTopic>?>[] _listeners = [];

    public void Moved(IReadOnlyCollection<LiveTopic> topics) => Tell(topics);

    public void Tell(IReadOnlyCollection<LiveTopic>? topics)
    {
        foreach (var heard in Volatile.Read(ref _listeners))
        {
            heard(topics);
        }
    }

    public IDisposable Listen(Action<IReadOnlyCollection<LiveTopic>?> heard)
    {
        lock (_gate)
        {
            _listeners = [.. _listeners, heard];
        }

        return new Listening(this, heard);
    }

    private sealed class Listening(InProcessHints hints, Action<IReadOnlyCollection<LiveTopic>?> heard) : IDisposable
    {
        public void Dispose()
        {
            lock (hints._gate)
            {
                hints._listeners = [.. hints._listeners.Where(l => l != heard)];
            }
        }
    }
}
