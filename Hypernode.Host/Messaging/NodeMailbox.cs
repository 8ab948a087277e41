using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;

namespace Hypernode.Host.Messaging;

/// <summary>
/// Reads the queues of the nodes that ask over HTTP, for as long as they go on asking: a node that has not asked for
/// <see cref="Idle"/> gives its queue back, with what it has not confirmed, and may read it elsewhere.
/// </summary>
internal sealed partial class NodeMailbox(INodeQueue queue, IIdSource ids, TimeProvider time, ILogger<NodeMailbox> logger) : INodeMailbox, IAsyncDisposable
{
    /// <summary>Between two questions of a node that is there there is no more than a request.</summary>
    public static readonly TimeSpan Idle = TimeSpan.FromSeconds(15);

    private readonly Lock _gate = new();
    private readonly Dictionary<NodeId, Session> _sessions = [];
    private bool _disposed;

    public async Task<HeldCommand?> TakeAsync(NodeId node, TimeSpan patience, CancellationToken cancellationToken)
    {
        var session = Enter(node);
        try
        {
            return await session.NextAsync(patience, time, cancellationToken);
        }
        finally
        {
            Leave(node, session);
        }
    }

    public bool Confirm(NodeId node, string ack)
    {
        lock (_gate)
        {
            return _sessions.TryGetValue(node, out var session) && session.Confirm(ack);
        }
    }

    public async ValueTask DisposeAsync()
    {
        List<Session> all;
        lock (_gate)
        {
            _disposed = true;
            all = [.. _sessions.Values];
            _sessions.Clear();
        }

        foreach (var session in all)
        {
            await session.DisposeAsync();
        }
    }

    private Session Enter(NodeId node)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (!_sessions.TryGetValue(node, out var session) || session.HasEnded)
            {
                // One that has ended lost its queue; this question opens it anew.
                _sessions[node] = session = new Session(() => ids.NewId().ToString());
                session.Begin(handle => ListenAsync(node, handle.Handle, handle.Token));
            }

            session.Enter();
            return session;
        }
    }

    private void Leave(NodeId node, Session session)
    {
        lock (_gate)
        {
            session.Leave(time.CreateTimer(_ => GiveUp(node, session), null, Idle, Timeout.InfiniteTimeSpan));
        }
    }

    private void GiveUp(NodeId node, Session session)
    {
        lock (_gate)
        {
            if (session.Askers > 0)
            {
                return;
            }

            if (_sessions.GetValueOrDefault(node) == session)
            {
                _sessions.Remove(node);
            }
        }

        _ = session.DisposeAsync().AsTask();
    }

    private async Task ListenAsync(NodeId node, Func<NodeCommand, CancellationToken, Task> handle, CancellationToken cancellationToken)
    {
        // From the pool: a queue that has something at once must not be read under the lock.
        await Task.Yield();
        try
        {
            await queue.ListenAsync(node, handle, cancellationToken);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            Unreadable(logger, node.ToString(), e.Message);
        }
        catch (OperationCanceledException)
        {
            // The node asks no more.
        }
    }

    [LoggerMessage(2310, LogLevel.Warning, "The queue of node {NodeId} can't be read for it now: {Reason}")]
    private static partial void Unreadable(ILogger logger, string nodeId, string reason);
}
