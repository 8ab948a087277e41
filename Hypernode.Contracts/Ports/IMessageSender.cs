namespace Hypernode.Contracts.Ports;

/// <summary>Sends a contract so that it can't be lost: written to the outbox, then sent, to the queue that <c>Topology.Queues</c> names.</summary>
public interface IMessageSender
{
    Task SendAsync(object message, CancellationToken cancellationToken);
}
