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
    private volatile IChannel? _channel;

    public async Task EnsureQueueAsync(NodeId node, CancellationToken cancellationToken) =>
        await RabbitMqTopology.DeclareNodeAsync(await OpenAsync(cancellationToken), Queues.Node(node), cancellationToken);

    public async Task SendAsync(NodeId node, Guid messageId, NodeCommand command, CancellationToken cancellationToken)
    {
        var properties = new BasicProperties
        {
            Persistent = true,
            ContentType = "application/json",
            MessageId = messageId.ToString(),
        };
        var body = JsonSerializer.SerializeToUtf8Bytes(command, ContractJson.Options);

        // Many at once on one channel: the client keeps frames whole and confirms apart, and a command need not wait for
        // another one's confirm.
        var channel = await OpenAsync(cancellationToken);
        await channel.BasicPublishAsync(Queues.NodesCommands, Queues.Node(node), mandatory: true, properties, body, cancellationToken);
    }

    private async Task<IChannel> OpenAsync(CancellationToken cancellationToken)
    {
        if (_channel is { IsOpen: true } open)
        {
            return open;
        }

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

            return _channel;
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
