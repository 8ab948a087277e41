using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Topology;

namespace Hypernode.Sagas.Engine;

/// <summary>A message from outside the saga: stored first, then sent.</summary>
public sealed class DurableSender(IOutbox outbox, IOutboxDispatcher dispatcher, IIdSource ids) : IMessageSender
{
    public async Task SendAsync(object message, CancellationToken cancellationToken)
    {
        OutboxMessage[] rows =
        [
            new(ids.NewId(), Queues.Of(message), message.GetType().FullName!, ContractCodec.Serialize(message), (message as IJobMessage)?.JobId),
        ];
        await outbox.AddAsync(rows, cancellationToken).ConfigureAwait(false);
        await dispatcher.DispatchAsync(rows, cancellationToken).ConfigureAwait(false);
    }
}
