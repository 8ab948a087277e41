using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;

namespace Hypernode.Workers.Nodes;

/// <summary>
/// Who is revoked, remembered for a moment: one small question for all nodes together, however many of them speak. The broker's
/// permissions may be some seconds behind, and an open connection outlives them, so what nodes say is checked here as well.
/// </summary>
/// <param name="waiting">How those that waited for the answer go on: on the pool in a host; inline in a simulation, which has one thread.</param>
public sealed class RevokedNodes(
    INodeStandings standings, TimeProvider time, TaskCreationOptions waiting = TaskCreationOptions.RunContinuationsAsynchronously)
{
    public static readonly TimeSpan GoodFor = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private Known? _known;
    private TaskCompletionSource<Known>? _asking;

    /// <exception cref="Exception">It can't be known now: nobody may take that for a no.</exception>
    public async ValueTask<bool> ContainsAsync(NodeId node, CancellationToken cancellationToken) =>
        (await KnownAsync(cancellationToken)).Nodes.Contains(node);

    private Task<Known> KnownAsync(CancellationToken cancellationToken)
    {
        TaskCompletionSource<Known> asking;
        lock (_lock)
        {
            if (_known is { } known && time.GetElapsedTime(known.At) < GoodFor)
            {
                return Task.FromResult(known);
            }

            if (_asking is { } others)
            {
                return others.Task.WaitAsync(cancellationToken);
            }

            _asking = asking = new TaskCompletionSource<Known>(waiting);
        }

        _ = AskAsync(asking);
        return asking.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Not cancelled with any one caller: the answer belongs to all of them.</summary>
    private async Task AskAsync(TaskCompletionSource<Known> asking)
    {
        var at = time.GetTimestamp(); // an age, and of the question: who is revoked meanwhile may not be in the answer
        try
        {
            var revoked = await standings.RevokedAsync(CancellationToken.None);
            var known = new Known([.. revoked.Select(r => r.NodeId)], at);
            lock (_lock)
            {
                (_known, _asking) = (known, null);
            }

            asking.TrySetResult(known);
        }
        catch (Exception e)
        {
            lock (_lock)
            {
                _asking = null;
            }

            asking.TrySetException(e);
        }
    }

    private sealed record Known(HashSet<NodeId> Nodes, long At);
}
