using System.Collections.Concurrent;
using System.Text.Json;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Text;
using Hypernode.Contracts.Topology;
using Hypernode.NodeAgent.Adapters.RabbitMq;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Hypernode.Bench.Stack;

/// <summary>
/// The nodes' side of the real broker, as the agent's link has it: the node's own queue in, the ingress exchange out,
/// persistent, mandatory, confirmed, and one message of a node at a time. One connection speaks for all nodes: its user may name theirs.
/// </summary>
internal sealed class NodesBroker : IAsyncDisposable
{
    private const ushort Prefetch = 16;

    private readonly ConcurrentDictionary<NodeId, OutgoingQueue> _outgoing = new();
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

    /// <summary>Completes when the broker has it; what a node says meanwhile goes together, as its agent's link does it.</summary>
    public Task SayAsync(NodeId node, NodeMessage message) =>
        _outgoing.GetOrAdd(node, id => new OutgoingQueue((outgoing, token) => PublishAsync(Queues.Node(id), outgoing, token))).SendAsync(message, CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await _connection.DisposeAsync();
        foreach (var queue in _outgoing.Values)
        {
            queue.Dispose();
        }
    }

    private async Task PublishAsync(string user, Outgoing message, CancellationToken cancellationToken)
    {
        var properties = new BasicProperties
        {
            MessageId = Guid.NewGuid().ToString("D"),
            UserId = user,
            ContentType = "application/json",
            DeliveryMode = DeliveryModes.Persistent,
        };
        await _writer.BasicPublishAsync(Queues.NodesIngress, $"{user}.{message.Kind}", mandatory: true, properties, message.Body, cancellationToken);
    }
}
