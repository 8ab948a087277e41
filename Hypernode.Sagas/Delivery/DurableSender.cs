using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Topology;
using Hypernode.Sagas.Engine;
using Microsoft.Extensions.Options;

namespace Hypernode.Sagas.Delivery;

/// <summary>A message from outside the saga, on a host without it: stored first, then sent.</summary>
public sealed class DurableSender(
    IOutbox outbox, IOutboxDispatcher dispatcher, EngineIdentity me, IIdSource ids, TimeProvider time, IOptions<EngineOptions> options) : IMessageSender
{
    public async Task SendAsync(object message, CancellationToken cancellationToken)
    {
        var patience = TimeSpan.FromSeconds(options.Value.QueuePatienceSeconds);
        OutboxMessage[] rows =
        [
            new(
                ids.NewId(),
                Queues.Of(message),
                message.GetType().FullName!,
                ContractCodec.Serialize(message),
                (message as IJobMessage)?.JobId,
                me.Name,
                time.GetUtcNow() + patience),
        ];
        await outbox.AddAsync(rows, cancellationToken).ConfigureAwait(false);
        await dispatcher.DispatchAsync(rows, cancellationToken).ConfigureAwait(false);
    }
}

/// <summary>
/// A message from outside the saga, on a host with it: straight into the saga. It returns once the transition is durable, so
/// whoever brings the message (a node's queue, a request) keeps it until then, and no row is needed.
/// </summary>
public sealed class DirectSender(JobEngine engine, IIdSource ids) : IMessageSender
{
    public Task SendAsync(object message, CancellationToken cancellationToken) =>
        engine.HandleAsync(ids.NewId(), null, (IJobMessage)message, cancellationToken);
}
