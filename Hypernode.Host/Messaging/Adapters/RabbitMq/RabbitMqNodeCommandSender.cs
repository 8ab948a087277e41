using System.Text.Json;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;
using Hypernode.Contracts.Topology;
using RabbitMQ.Client;

namespace Hypernode.Host.Messaging.Adapters.RabbitMq;

/// <summary>Commands into the nodes' own queues: raw JSON, persistent, mandatory, confirmed.</summary>
internal sealed class RabbitMqNodeCommandSender(RabbitMqConnection connection) : INodeCommandSender, IAsyncDisposable
{
    private readonly SemaphoreSlim _gate = new(1);
    private IChannel? _channel;

    public Task EnsureQueueAsync(NodeId node, CancellationToken cancellationToken) => WithChannelAsync(
        channel => RabbitMqTopology.DeclareNodeAsync(channel, Queues.Node(node), cancellationToken), cancellationToken);

    public Task SendAsync(NodeId node, Guid messageId, NodeCommand command, CancellationToken cancellationToken)
    {
        var properties = new BasicProperties
        {
            Persistent = true,
            ContentType = "application/json",
            MessageId = messageId.ToString(),
        };
        var body = JsonSerializer.SerializeToUtf8Bytes(command, ContractJson.Options);
        return WithChannelAsync(
            channel => channel.BasicPublishAsync(
                Queues.NodesCommands, Queues.Node(node), mandatory: true, properties, body, cancellationToken).AsTask(),
            cancellationToken);
    }

    private async Task WithChannelAsync(Func<IChannel, Task> use, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (_channel is not { IsOpen: true })
            {
                if (_channel is not null)
                {
                    await _channel.DisposeAsync();
                }

                _channel = await connection.OpenChannelAsync(confirms: true, cancellationToken);
            }

            await use(_channel);
        }
        finally
        {
            _gate.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_channel is not null)
        {
            await _channel.DisposeAsync();
        }

        _gate.Dispose();
    }
}
