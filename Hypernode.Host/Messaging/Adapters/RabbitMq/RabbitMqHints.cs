using System.Text;
using System.Threading.Channels;
using Hypernode.Contracts.Live;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Topology;
using Hypernode.Host.Live;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Hypernode.Host.Messaging.Adapters.RabbitMq;

/// <summary>
/// Hints over the broker: one message of topics, a line each, to a fanout; each API host reads it from a queue that is its own, ends
/// with its connection, and holds no more than a little. Neither confirmed nor durable nor repeated: a hint that is late is worth
/// nothing, and one that is lost is made up for by the next look. The plain client, because MassTransit would wait for the broker.
/// </summary>
internal sealed partial class RabbitMqHints(RabbitMqConnection connection, TimeProvider time, ILogger<RabbitMqHints> logger, bool listens)
    : BackgroundService, ILiveHints
{
    private const int TopicsOfAMessage = 500;
    private const int MostPending = 20_000;
    private const string Everything = "*";

    /// <summary>What moves meanwhile goes with the next message.</summary>
    private static readonly TimeSpan _gather = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan _pause = TimeSpan.FromSeconds(1);

    private static readonly Dictionary<string, object?> _own = new()
    {
        ["x-message-ttl"] = 5_000,
        ["x-max-length"] = 2_000,
        ["x-overflow"] = "drop-head",
    };

    private readonly InProcessHints _here = new();
    private readonly Channel<bool> _any = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Lock _gate = new();
    private HashSet<LiveTopic> _pending = [];
    private bool _lost;

    public void Moved(IReadOnlyCollection<LiveTopic> topics)
    {
        lock (_gate)
        {
            if (_pending.Count + topics.Count > MostPending)
            {
                (_pending, _lost) = ([], true);
            }
            else
            {
                _pending.UnionWith(topics);
            }
        }

        _any.Writer.TryWrite(true);
    }

    public IDisposable Listen(Action<IReadOnlyCollection<LiveTopic>?> heard) => _here.Listen(heard);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(RepeatAsync(SendAsync, stoppingToken), listens ? RepeatAsync(HearAsync, stoppingToken) : Task.CompletedTask);

    /// <summary>As lines; more than fit into one message become several.</summary>
    internal static IEnumerable<byte[]> Write(IReadOnlyCollection<LiveTopic> topics, bool lost) => lost
        ? [Encoding.UTF8.GetBytes(Everything)]
        : topics.Chunk(TopicsOfAMessage).Select(part => Encoding.UTF8.GetBytes(string.Join('\n', part)));

    /// <summary>Null: anything may have moved. A line that another version wrote and this one can't read is passed over.</summary>
    internal static IReadOnlyCollection<LiveTopic>? Read(ReadOnlySpan<byte> body)
    {
        var topics = new List<LiveTopic>();
        foreach (var line in Encoding.UTF8.GetString(body).Split('\n'))
        {
            if (line == Everything)
            {
                return null;
            }

            if (LiveTopic.TryParse(line, out var topic))
            {
                topics.Add(topic);
            }
        }

        return topics;
    }

    private async Task RepeatAsync(Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await work(cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                lock (_gate)
                {
                    _lost = true; // what was on its way may be gone: told as soon as there is a way again
                }

                Interrupted(logger, e);
                await Task.Delay(_pause, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task SendAsync(CancellationToken cancellationToken)
    {
        await using var channel = await connection.OpenChannelAsync(confirms: false, cancellationToken);
        while (true)
        {
            bool lost;
            HashSet<LiveTopic> topics;
            lock (_gate)
            {
                (topics, _pending, lost, _lost) = (_pending, [], _lost, false);
            }

            foreach (var body in Write(topics, lost))
            {
                await channel.BasicPublishAsync(Queues.Live, "", body, cancellationToken);
            }

            await Task.Delay(_gather, time, cancellationToken);
            await _any.Reader.ReadAsync(cancellationToken);
        }
    }

    /// <summary>Ends when the channel does. What was said before it began, nobody here has heard.</summary>
    private async Task HearAsync(CancellationToken cancellationToken)
    {
        await using var channel = await connection.OpenChannelAsync(confirms: false, cancellationToken);
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        channel.ChannelShutdownAsync += (_, why) =>
        {
            closed.TrySetException(new IOException($"the broker's channel closed: {why.ReplyText}"));
            return Task.CompletedTask;
        };
        var queue = await channel.QueueDeclareAsync("", durable: false, exclusive: true, autoDelete: true, _own, cancellationToken: cancellationToken);
        await channel.QueueBindAsync(queue.QueueName, Queues.Live, "", cancellationToken: cancellationToken);
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += (_, delivery) =>
        {
            _here.Tell(Read(delivery.Body.Span));
            return Task.CompletedTask;
        };
        await channel.BasicConsumeAsync(queue.QueueName, autoAck: true, consumer, cancellationToken);
        _here.Tell(null);
        await closed.Task.WaitAsync(cancellationToken);
    }

    [LoggerMessage(2211, LogLevel.Warning, "The way of live hints was interrupted; what is watched is looked at more seldom until it is back")]
    private static partial void Interrupted(ILogger logger, Exception e);
}
