using System.Text.Json;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Text;
using Hypernode.Contracts.Topology;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Hypernode.Bench.Stack;

/// <summary>
/// The nodes' side of the real broker, as the agent's link has it: the node's own queue in, the ingress exchange out,
/// persistent, mandatory and confirmed. One connection speaks for all nodes: its user may name theirs.
/// </summary>
internal sealed class NodesBroker : IAsyncDisposable
{
    private const ushort Prefetch = 16;

    private readonly IConnection _connection;
    private readonly IChannel _reader;
    private readonly IChannel _writer;

    private NodesBroker(IConnection connection, IChannel reader, IChannel writer) => (_connection, _reader, _writer) = (connection, reader, writer);

    public static async Task<NodesBroker> ConnectAsync(string uri, CancellationToken cancellationToken)
    {
        var connection = await new ConnectionFactory { Uri = new Uri(uri) }.CreateConnectionAsync(cancellationToken);
        var reader = await connection.CreateChannelAsync(cancellationToken: cancellationToken);
        await reader.BasicQosAsync(0, Prefetch, global: false, cancellationToken);
        var writer = await connection.CreateChannelAsync(new CreateChannelOptions(true, true, outstandingPublisherConfirmationsRateLimiter: null), cancellationToken);
        return new NodesBroker(connection, reader, writer);
    }

    public async Task ListenAsync(NodeId node, Func<NodeCommand, Task> take, CancellationToken cancellationToken)
    {
        var consumer = new AsyncEventingBasicConsumer(_reader);
        consumer.ReceivedAsync += (_, delivery) =>
        {
            var command = JsonSerializer.Deserialize<NodeCommand>(delivery.Body.Span, ContractJson.Options)!;
            _ = TakeAsync(command, delivery.DeliveryTag);
            return Task.CompletedTask;
        };
        await _reader.BasicConsumeAsync(Queues.Node(node), autoAck: false, consumer, cancellationToken);

        async Task TakeAsync(NodeCommand command, ulong tag)
        {
            await take(command);
            await _reader.BasicAckAsync(tag, multiple: false, CancellationToken.None);
        }
    }

    /// <summary>Completes when the broker has all of them.</summary>
    public Task SayAsync(NodeId node, IReadOnlyList<NodeMessage> messages) => Task.WhenAll(messages.Select(message =>
    {
        var properties = new BasicProperties
        {
            MessageId = Guid.NewGuid().ToString("D"),
            UserId = Queues.Node(node),
            ContentType = "application/json",
            DeliveryMode = DeliveryModes.Persistent,
        };
        var body = JsonSerializer.SerializeToUtf8Bytes(message, ContractJson.Options);
        return _writer.BasicPublishAsync(Queues.NodesIngress, $"{Queues.Node(node)}.{KindOf(message)}", mandatory: true, properties, body).AsTask();
    }));

    public async ValueTask DisposeAsync() => await _connection.DisposeAsync();

    private static string KindOf(NodeMessage message) => message switch
    {
        Beat => "beat",
        LogChunks => "logs",
        AttemptStarted => "started",
        _ => "reported",
    };
}
