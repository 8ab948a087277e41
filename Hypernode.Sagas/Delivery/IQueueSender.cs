using Hypernode.Contracts.Ports;

namespace Hypernode.Sagas.Delivery;

/// <summary>The broker: hands a message to a queue of <c>Topology.Queues</c>, under its row's message id.</summary>
public interface IQueueSender
{
    /// <summary>Returns once the broker has it durably.</summary>
    Task SendAsync(OutboxMessage row, object message, CancellationToken cancellationToken);
}
