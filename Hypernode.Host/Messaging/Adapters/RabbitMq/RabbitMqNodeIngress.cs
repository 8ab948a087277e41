using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;
using Hypernode.Contracts.Topology;
using Hypernode.Workers.Nodes;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Hypernode.Host.Messaging.Adapters.RabbitMq;

/// <summary>
/// Reads what nodes say. The plain client on purpose: no header of a stranger is ever interpreted, only the user id that
/// the broker has checked. A message is acknowledged once the ingress has it durably; one that nobody may say is dropped.
/// </summary>
internal sealed partial class RabbitMqNodeIngress(
    RabbitMqConnection connection, INodeIngress ingress, IngressClock clock, TimeProvider time, ILogger<RabbitMqNodeIngress> logger)
    : BackgroundService
{
    /// <summary>Longer than any outage that mends itself; what still fails then is poison, and the broker counts it.</summary>
    private static readonly TimeSpan GiveUpAfter = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await ConsumeAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                Broken(logger, e);
                await Task.Delay(TimeSpan.FromSeconds(1), time, stoppingToken);
            }

            clock.Down();
        }
    }

    /// <summary>One message after the other, so that chunks of a log arrive in order. Ends when the channel does.</summary>
    private async Task ConsumeAsync(CancellationToken cancellationToken)
    {
        await using var channel = await connection.OpenChannelAsync(confirms: false, cancellationToken);
        await channel.BasicQosAsync(0, 128, global: false, cancellationToken);
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        channel.ChannelShutdownAsync += (_, _) =>
        {
            closed.TrySetResult();
            return Task.CompletedTask;
        };
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += async (_, delivery) =>
        {
            try
            {
                if (TryRead(delivery, out var sender, out var message))
                {
                    await AcceptAsync(sender, message, closed.Task, cancellationToken);
                }

                await channel.BasicAckAsync(delivery.DeliveryTag, multiple: false, cancellationToken);
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                Broken(logger, e);
                if (channel.IsOpen)
                {
                    await channel.BasicNackAsync(delivery.DeliveryTag, multiple: false, requeue: true, CancellationToken.None);
                }
            }
        };
        await channel.BasicConsumeAsync(Queues.NodesIngress, autoAck: false, consumer, cancellationToken);
        clock.Up(time.GetUtcNow());
        await closed.Task.WaitAsync(cancellationToken);
    }

    /// <summary>
    /// Tried again in place while the storage is away: requeueing at once would use up the broker's delivery limit within
    /// a second, and an honest node's receipt would end among the dead letters. In place it also keeps its order.
    /// </summary>
    private async Task AcceptAsync(NodeId sender, NodeMessage message, Task closed, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        for (var pause = TimeSpan.FromMilliseconds(250); ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            try
            {
                await ingress.AcceptAsync(sender, message, cancellationToken);
                clock.Up(time.GetUtcNow());
                return;
            }
            catch (Exception e) when (e is not (OutOfMemoryException or OperationCanceledException)
                && !closed.IsCompleted && time.GetElapsedTime(started) < GiveUpAfter)
            {
                clock.Down();
                Broken(logger, e);
                await Task.Delay(pause, time, cancellationToken);
            }
        }
    }

    private bool TryRead(BasicDeliverEventArgs delivery, out NodeId sender, [NotNullWhen(true)] out NodeMessage? message)
    {
        message = null;
        var user = delivery.BasicProperties.UserId;
        sender = default;
        if (user is null || !user.StartsWith("node.", StringComparison.Ordinal) || !NodeId.TryParse(user["node.".Length..], null, out sender)
            || !(delivery.RoutingKey == user || delivery.RoutingKey.StartsWith(user + ".", StringComparison.Ordinal)))
        {
            Dropped(logger, "sender and routing key do not agree");
            return false;
        }

        try
        {
            message = JsonSerializer.Deserialize<NodeMessage>(delivery.Body.Span, ContractJson.Options);
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or FormatException)
        {
            Dropped(logger, "not a node message");
        }

        return message is not null;
    }

    [LoggerMessage(2201, LogLevel.Warning, "The nodes' ingress was interrupted; it goes on")]
    private static partial void Broken(ILogger logger, Exception e);

    [LoggerMessage(2202, LogLevel.Warning, "A message at the nodes' ingress was dropped: {Reason}")]
    private static partial void Dropped(ILogger logger, string reason);
}
