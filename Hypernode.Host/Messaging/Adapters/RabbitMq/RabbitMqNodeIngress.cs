using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Threading.Channels;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;
using Hypernode.Contracts.Topology;
using Hypernode.Workers.Nodes;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;

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

    /// <summary>Nodes share lanes: what one says of a job stays in order, and no node takes more than its lane's share.</summary>
    private const int Lanes = 32;

    /// <summary>Messages of a lane that are in work at once.</summary>
    private const int AtOnce = 8;

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

    /// <summary>Ends when the channel does.</summary>
    private async Task ConsumeAsync(CancellationToken cancellationToken)
    {
        await using var channel = await connection.OpenChannelAsync(confirms: false, cancellationToken);
        await channel.BasicQosAsync(0, 512, global: false, cancellationToken);
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        channel.ChannelShutdownAsync += (_, _) =>
        {
            closed.TrySetResult();
            return Task.CompletedTask;
        };
        var lanes = Enumerable.Range(0, Lanes).Select(_ => Channel.CreateUnbounded<Delivery>()).ToArray();
        var answers = new AckWriter(answer => WriteAsync(channel, answer), time);
        var answering = answers.RunAsync();
        var workers = lanes.Select(lane => DrainAsync(answers, lane.Reader, closed.Task, cancellationToken)).ToArray();
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += (_, delivery) =>
        {
            answers.Delivered(delivery.DeliveryTag);
            if (TryRead(delivery, out var sender, out var message))
            {
                // Unbounded, but no longer than the prefetch.
                lanes[(uint)sender.GetHashCode() % Lanes].Writer.TryWrite(new(delivery.DeliveryTag, sender, message));
            }
            else
            {
                answers.Take(delivery.DeliveryTag);
            }

            return Task.CompletedTask;
        };
        await channel.BasicConsumeAsync(Queues.NodesIngress, autoAck: false, consumer, cancellationToken);
        clock.Up(time.GetUtcNow());
        try
        {
            await await Task.WhenAny(closed.Task.WaitAsync(cancellationToken), answering);
        }
        finally
        {
            Array.ForEach(lanes, lane => lane.Writer.Complete());
            await Task.WhenAll(workers);
            answers.Complete();
            await answering;
        }
    }

    private async Task DrainAsync(AckWriter answers, ChannelReader<Delivery> lane, Task closed, CancellationToken cancellationToken)
    {
        using var room = new SemaphoreSlim(AtOnce);
        var order = new JobOrder();
        await foreach (var delivery in lane.ReadAllAsync(CancellationToken.None))
        {
            await room.WaitAsync(CancellationToken.None);
            _ = order.Start(MessageShape.JobsOf(delivery.Message), async () =>
            {
                await TakeAsync(answers, delivery, closed, cancellationToken);
                room.Release();
            });
        }

        for (var ended = 0; ended < AtOnce; ended++)
        {
            await room.WaitAsync(CancellationToken.None);
        }
    }

    private async Task TakeAsync(AckWriter answers, Delivery delivery, Task closed, CancellationToken cancellationToken)
    {
        try
        {
            if (!closed.IsCompleted && !cancellationToken.IsCancellationRequested) // else not acknowledged: the broker delivers it again
            {
                await AcceptAsync(delivery.Sender, delivery.Message, closed, cancellationToken);
                answers.Take(delivery.Tag);
            }
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            Broken(logger, e);
            answers.Refuse(delivery.Tag);
        }
    }

    private static async ValueTask WriteAsync(IChannel channel, Answer answer)
    {
        if (!channel.IsOpen)
        {
            return; // the broker delivers it again by itself
        }

        try
        {
            await (answer.Taken
                ? channel.BasicAckAsync(answer.Tag, answer.Multiple, CancellationToken.None)
                : channel.BasicNackAsync(answer.Tag, multiple: false, requeue: true, CancellationToken.None));
        }
        catch (Exception e) when (e is AlreadyClosedException or OperationInterruptedException or ObjectDisposedException)
        {
            // Closed meanwhile: likewise.
        }
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

    private readonly record struct Delivery(ulong Tag, NodeId Sender, NodeMessage Message);

    [LoggerMessage(2201, LogLevel.Warning, "The nodes' ingress was interrupted; it goes on")]
    private static partial void Broken(ILogger logger, Exception e);

    [LoggerMessage(2202, LogLevel.Warning, "A message at the nodes' ingress was dropped: {Reason}")]
    private static partial void Dropped(ILogger logger, string reason);
}
