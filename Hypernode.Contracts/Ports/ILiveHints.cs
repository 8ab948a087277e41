using Hypernode.Contracts.Live;

namespace Hypernode.Contracts.Ports;

/// <summary>
/// Tells every API host what has just moved, after the commit that moved it. A hint and no more: it may be late, twice or lost, and
/// says nothing of what is there now. Who watches reads the storage, and looks now and then without a hint, too.
/// </summary>
public interface ILiveHints
{
    /// <summary>Returns at once and does not throw.</summary>
    void Moved(IReadOnlyCollection<LiveTopic> topics);

    /// <param name="heard">Called on the way's own thread: it returns at once and does not throw. Null: hints may have been lost, anything may have moved.</param>
    /// <returns>Disposed: it is not called any more.</returns>
    IDisposable Listen(Action<IReadOnlyCollection<LiveTopic>?> heard);
}
