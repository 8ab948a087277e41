using System.Collections.Concurrent;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Topology;
using Hypernode.Sagas.Engine;
using Microsoft.Extensions.Logging;

namespace Hypernode.Sagas.Delivery;

/// <summary>
/// Sends committed outbox rows: to a worker or the saga in this process, to a node, or to a queue. A row that could not be
/// sent stays: the relay takes it up. Sending twice is harmless (inbox, fencing, idempotent workers); not sending is not.
/// </summary>
public sealed partial class OutboxDispatcher(
    WorkerTable workers,
    LocalWork local,
    SagaPlacement saga,
    IQueueSender queues,
    INodeCommandSender nodes,
    CommitLoop commits,
    IEngineScheduler scheduler,
    ILogger<OutboxDispatcher> logger) : IOutboxDispatcher
{
    private readonly ConcurrentDictionary<Guid, Outgoing> _unsent = new();

    /// <summary>True: another process takes this message from a queue.</summary>
    public bool IsQueued(object message) => !IsLocal(message) && message is not NodeCommand;

    /// <summary>Does not wait: what is to be sent is durable already.</summary>
    public void Send(IReadOnlyList<Outgoing> committed)
    {
        foreach (var message in committed)
        {
            if (IsLocal(message.Message))
            {
                local.Start(message.Row, message.Message);
            }
            else
            {
                scheduler.Run(() => SendAwayAsync(message));
            }
        }
    }

    public Task DispatchAsync(IReadOnlyList<OutboxMessage> messages, CancellationToken cancellationToken)
    {
        foreach (var row in messages)
        {
            try
            {
                Send([new(row, ContractCodec.Deserialize(row.Type, row.Body))]);
            }
            catch (Exception e) when (e is InvalidDataException or System.Text.Json.JsonException)
            {
                // Of a newer version, which will take it: it must not hold up the rows behind it.
                EngineMetrics.Unread();
                NotRead(logger, e, row.Type, row.MessageId);
            }
        }

        return Task.CompletedTask;
    }

    /// <summary>What could not be sent, once more.</summary>
    public void SendAgain()
    {
        foreach (var id in _unsent.Keys)
        {
            if (_unsent.TryRemove(id, out var message))
            {
                Send([message]);
            }
        }
    }

    private bool IsLocal(object message) => workers.IsLocal(message.GetType()) || (saga.IsHere && Queues.Of(message) == Queues.JobSaga);

    private async Task SendAwayAsync(Outgoing message)
    {
        try
        {
            if (message.Message is NodeCommand command)
            {
                var node = NodeId.Parse(message.Row.Destination["node.".Length..]);
                await nodes.SendAsync(node, message.Row.MessageId, command, CancellationToken.None).ConfigureAwait(false);
                EngineMetrics.Sent();
                commits.Delivered(message.Row.MessageId); // no answer will consume it
                return;
            }

            await queues.SendAsync(message.Row, message.Message, CancellationToken.None).ConfigureAwait(false);
            EngineMetrics.Sent();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            NotSent(logger, e, message.Row.Type, message.Row.Destination, message.Row.MessageId);
            _unsent[message.Row.MessageId] = message;
        }
    }

    [LoggerMessage(2002, LogLevel.Error, "An outbox row of type {Type} can't be read by this version; it stays. Message {MessageId}")]
    private static partial void NotRead(ILogger logger, Exception e, string type, Guid messageId);

    [LoggerMessage(2001, LogLevel.Warning, "{Type} to {Destination} was not sent; the relay will send it. Message {MessageId}")]
    private static partial void NotSent(ILogger logger, Exception e, string type, string destination, Guid messageId);
}

/// <summary>Whether this process hosts the saga.</summary>
public sealed record SagaPlacement(bool IsHere);
