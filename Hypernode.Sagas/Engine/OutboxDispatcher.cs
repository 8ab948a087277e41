using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using MassTransit;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Hypernode.Sagas.Engine;

/// <summary>
/// Sends committed outbox rows. A row that could not be sent stays: the relay takes it up. Sending twice is harmless
/// (inbox, fencing, idempotent workers); not sending is not.
/// </summary>
public sealed partial class OutboxDispatcher(
    IBus bus,
    INodeCommandSender nodes,
    IOutbox outbox,
    IOptions<EngineOptions> options,
    ILogger<OutboxDispatcher> logger) : IOutboxDispatcher
{
    public async Task DispatchAsync(IReadOnlyList<OutboxMessage> messages, CancellationToken cancellationToken)
    {
        List<Guid>? done = null;
        foreach (var message in messages)
        {
            try
            {
                if (await SendAsync(message, cancellationToken).ConfigureAwait(false))
                {
                    (done ??= []).Add(message.MessageId);
                }
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                // Committed already: the caller's work is done, and the relay will send it.
                NotSent(logger, e, message.Type, message.Destination, message.MessageId);
            }
        }

        if (done is not null)
        {
            try
            {
                await outbox.RemoveAsync(done, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                NotRemoved(logger, e, done.Count);
            }
        }
    }

    /// <returns>True: the receiver has it durably, so the row may go.</returns>
    private async Task<bool> SendAsync(OutboxMessage message, CancellationToken cancellationToken)
    {
        var body = ContractCodec.Deserialize(message.Type, message.Body);
        if (body is NodeCommand command)
        {
            var node = NodeId.Parse(message.Destination["node.".Length..]);
            await nodes.SendAsync(node, message.MessageId, command, cancellationToken).ConfigureAwait(false);
            return true;
        }

        var endpoint = await bus.GetSendEndpoint(new Uri($"exchange:{message.Destination}")).ConfigureAwait(false);
        await endpoint.Send(body, body.GetType(), Pipe.Execute<SendContext>(c => c.MessageId = message.MessageId), cancellationToken).ConfigureAwait(false);
        return options.Value.BrokerIsDurable;
    }

    [LoggerMessage(2001, LogLevel.Warning, "{Type} to {Destination} was not sent; the relay will send it. Message {MessageId}")]
    private static partial void NotSent(ILogger logger, Exception e, string type, string destination, Guid messageId);

    [LoggerMessage(2002, LogLevel.Warning, "{Count} sent outbox rows were not removed; they may be sent again")]
    private static partial void NotRemoved(ILogger logger, Exception e, int count);
}
