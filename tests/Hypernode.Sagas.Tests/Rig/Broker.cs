using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Sagas.Delivery;

namespace Hypernode.Sagas.Tests.Rig;

/// <param name="Id">The message id.</param>
/// <param name="Cause">The command's id, in an answer's header.</param>
internal sealed record Letter(Guid Id, Guid? Cause, object Message);

/// <summary>A broker in memory: what it has taken it keeps until it is acknowledged. It counts every message of every kind.</summary>
internal sealed class Broker : IQueueSender, INodeCommandSender
{
    /// <summary>For the saga and for workers that are elsewhere.</summary>
    public LinkedList<Letter> Queue { get; } = [];

    /// <summary>For the nodes, each in its own queue.</summary>
    public LinkedList<NodeCommand> ForNodes { get; } = [];

    /// <summary>From nodes, over their ingress.</summary>
    public LinkedList<IJobMessage> FromNodes { get; } = [];

    public List<object> Published { get; } = [];

    public Task SendAsync(OutboxMessage row, object message, CancellationToken cancellationToken)
    {
        Publish(new Letter(row.MessageId, null, message));
        return Task.CompletedTask;
    }

    public void Publish(Letter letter)
    {
        Published.Add(letter.Message);
        Queue.AddLast(letter);
    }

    public Task SendAsync(NodeId node, Guid messageId, NodeCommand command, CancellationToken cancellationToken)
    {
        Published.Add(command);
        ForNodes.AddLast(command);
        return Task.CompletedTask;
    }

    public void FromNode(IJobMessage message)
    {
        Published.Add(message);
        FromNodes.AddLast(message);
    }

    public Task EnsureQueueAsync(NodeId node, CancellationToken cancellationToken) => Task.CompletedTask;
}
