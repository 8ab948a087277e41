using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Topology;
using Hypernode.Sagas.Delivery;
using MassTransit;

namespace Hypernode.Host.Messaging;

/// <summary>Outbox rows onto MassTransit's bus. Publisher confirms are on: a send that returned is durable on a durable broker.</summary>
internal sealed class MassTransitQueueSender(IBus bus) : IQueueSender
{
    public async Task SendAsync(OutboxMessage row, object message, CancellationToken cancellationToken)
    {
        // An exchange, not a queue: MassTransit would declare the queue again, without its arguments, and be refused.
        var endpoint = await bus.GetSendEndpoint(new Uri($"exchange:{Queues.Address(row.Destination, row.JobId)}"));
        await endpoint.Send(message, message.GetType(), Pipe.Execute<SendContext>(c => c.MessageId = row.MessageId), cancellationToken);
    }
}
