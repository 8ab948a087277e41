using System.Buffers.Binary;
using System.Threading.Channels;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Hypernode.Bench.Twin;

/// <summary>A durable quorum queue, read and written in batches with confirms and acknowledgements of whole batches.</summary>
internal sealed class TwinQueue : IAsyncDisposable
{
    private const int Batch = 64;
    private const int PayloadBytes = 128;

    private static readonly BasicProperties _properties = new() { Persistent = true, ContentType = "application/octet-stream" };

    private readonly string _name;
    private readonly IChannel _reader;
    private readonly IChannel _writer;

    private TwinQueue(string name, IChannel reader, IChannel writer) => (_name, _reader, _writer) = (name, reader, writer);

    public static async Task<TwinQueue> OpenAsync(IConnection connection, string name)
    {
        var reader = await connection.CreateChannelAsync();
        await reader.QueueDeclareAsync(name, durable: true, exclusive: false, autoDelete: false, new Dictionary<string, object?> { ["x-queue-type"] = "quorum" });
        await reader.BasicQosAsync(0, Batch * 2, global: false);
        // No limiter: the client's own would slow a full window down.
        var writer = await connection.CreateChannelAsync(new CreateChannelOptions(true, true, outstandingPublisherConfirmationsRateLimiter: null));
        return new TwinQueue(name, reader, writer);
    }

    /// <summary>Completes when the broker has it.</summary>
    public Task PublishAsync(TwinStep step)
    {
        var body = new byte[PayloadBytes];
        step.Job.TryWriteBytes(body);
        BinaryPrimitives.WriteInt16LittleEndian(body.AsSpan(16), step.Step);
        return _writer.BasicPublishAsync("", _name, mandatory: true, _properties, body).AsTask();
    }

    /// <summary>What a batch leads to is confirmed in the next queue before the batch is acknowledged here.</summary>
    public async Task ConsumeAsync(TwinQueue next, Func<List<TwinStep>, Task<IEnumerable<TwinStep>>> handle)
    {
        var arrived = Channel.CreateUnbounded<(ulong Tag, TwinStep Step)>();
        var consumer = new AsyncEventingBasicConsumer(_reader);
        consumer.ReceivedAsync += (_, delivery) =>
        {
            var body = delivery.Body.Span;
            arrived.Writer.TryWrite((delivery.DeliveryTag, new TwinStep(new Guid(body[..16]), BinaryPrimitives.ReadInt16LittleEndian(body[16..]))));
            return Task.CompletedTask;
        };
        await _reader.BasicConsumeAsync(_name, autoAck: false, consumer);
        _ = Task.Run(async () =>
        {
            try
            {
                while (await arrived.Reader.WaitToReadAsync())
                {
                    var batch = new List<TwinStep>(Batch);
                    ulong last = 0;
                    while (batch.Count < Batch && arrived.Reader.TryRead(out var message))
                    {
                        batch.Add(message.Step);
                        last = message.Tag;
                    }

                    await Task.WhenAll((await handle(batch)).Select(next.PublishAsync));
                    await _reader.BasicAckAsync(last, multiple: true);
                }
            }
            catch (Exception e)
            {
                Environment.FailFast("the twin's queue broke", e);
            }
        });
    }

    public async ValueTask DisposeAsync()
    {
        await _reader.DisposeAsync();
        await _writer.DisposeAsync();
    }
}
