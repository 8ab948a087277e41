using System.Text.Json;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Text;
using Hypernode.Contracts.Topology;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Hypernode.Host.Messaging.Adapters.RabbitMq;

/// <summary>A node's own queue, read with our rights. One command at a time: the next comes when the node has confirmed the last.</summary>
internal sealed class RabbitMqNodeQueue(RabbitMqConnection connection) : INodeQueue
{
    public async Task ListenAsync(NodeId node, Func<NodeCommand, CancellationToken, Task> handle, CancellationToken cancellationToken)
    {
        using var closed = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var token = closed.Token;

        // Disposing the channel gives back to the queue what was not acknowledged.
        await using var channel = await connection.OpenChannelAsync(confirms: false, cancellationToken);
        await channel.BasicQosAsync(0, prefetchCount: 1, global: false, cancellationToken);
        var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var told = token.Register(() => over.TrySetResult());
        var consumer = new AsyncEventingBasicConsumer(channel);
        channel.ChannelShutdownAsync += (_, _) => closed.CancelAsync();
        consumer.UnregisteredAsync += (_, _) => closed.CancelAsync();
        consumer.ReceivedAsync += (_, delivery) => TakeAsync(channel, delivery, handle, token);
        await channel.BasicConsumeAsync(Queues.Node(node), autoAck: false, consumer, cancellationToken);
        await over.Task;
        cancellationToken.ThrowIfCancellationRequested();
        throw new IOException("the broker has closed the channel");
    }

    private static async Task TakeAsync(
        IChannel channel, BasicDeliverEventArgs delivery, Func<NodeCommand, CancellationToken, Task> handle, CancellationToken closed)
    {
        try
        {
            if (Read(delivery.Body) is not { } command)
            {
                await channel.BasicNackAsync(delivery.DeliveryTag, multiple: false, requeue: false, closed); // to the dead letters
                return;
            }

            await handle(command, closed);
            await channel.BasicAckAsync(delivery.DeliveryTag, multiple: false, closed);
        }
        catch (Exception) when (closed.IsCancellationRequested || !channel.IsOpen)
        {
            // The broker has it again with the channel.
        }
    }

    private static NodeCommand? Read(ReadOnlyMemory<byte> body)
    {
        try
        {
            return JsonSerializer.Deserialize<NodeCommand>(body.Span, ContractJson.Options);
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            return null;
        }
    }
}
