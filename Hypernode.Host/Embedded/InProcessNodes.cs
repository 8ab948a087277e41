using System.Collections.Concurrent;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Host.Messaging;

namespace Hypernode.Host.Embedded;

/// <summary>
/// The way between control plane and agents in one process. A command is delivered when the agent has journaled it, a
/// message when the ingress has it durably; a command for an agent that is away stays in the outbox.
/// </summary>
internal sealed class InProcessNodes(Lazy<INodeIngress> ingress) : INodeCommandSender, INodeQueue
{
    private readonly Lazy<INodeIngress> _ingress = ingress;
    private readonly ConcurrentDictionary<NodeId, Func<NodeCommand, CancellationToken, Task>> _listeners = new();

    public Task EnsureQueueAsync(NodeId node, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task SendAsync(NodeId node, Guid messageId, NodeCommand command, CancellationToken cancellationToken) =>
        _listeners.TryGetValue(node, out var listener)
            ? listener(command, cancellationToken)
            : throw new InvalidOperationException($"no agent of node {node} listens");

    public IAgentLink CreateLink(NodeId node) => new Link(this, node);

    public async Task ListenAsync(NodeId node, Func<NodeCommand, CancellationToken, Task> handle, CancellationToken cancellationToken)
    {
        _listeners[node] = handle;
        try
        {
            var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await ended.Task.WaitAsync(cancellationToken);
        }
        finally
        {
            _listeners.TryRemove(new(node, handle));
        }
    }

    private sealed class Link(InProcessNodes nodes, NodeId node) : IAgentLink
    {
        public Task ListenAsync(Func<NodeCommand, CancellationToken, Task> handle, CancellationToken cancellationToken) =>
            nodes.ListenAsync(node, handle, cancellationToken);

        public Task SendAsync(NodeMessage message, CancellationToken cancellationToken) =>
            nodes._ingress.Value.AcceptAsync(node, message, cancellationToken);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
