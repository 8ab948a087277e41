using Microsoft.Extensions.Options;
using RabbitMQ.Client;

namespace Hypernode.Host.Messaging.Adapters.RabbitMq;

/// <summary>The plain client's one connection, beside MassTransit's: for the nodes' queues, which MassTransit must not touch.</summary>
internal sealed class RabbitMqConnection(IOptions<RabbitMqOptions> options) : IAsyncDisposable
{
    private readonly SemaphoreSlim _gate = new(1);
    private IConnection? _connection;

    public async Task<IChannel> OpenChannelAsync(bool confirms, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (_connection is not { IsOpen: true })
            {
                var factory = new ConnectionFactory
                {
                    Uri = new Uri(options.Value.Uri),
                    AutomaticRecoveryEnabled = false, // who holds a channel opens a new one and starts over
                    ClientProvidedName = "hypernode-nodes",
                };
                if (_connection is not null)
                {
                    await _connection.DisposeAsync();
                }

                _connection = await factory.CreateConnectionAsync(cancellationToken);
            }

            return await _connection.CreateChannelAsync(
                new CreateChannelOptions(publisherConfirmationsEnabled: confirms, publisherConfirmationTrackingEnabled: confirms), cancellationToken);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>As when the broker goes: every channel ends, and the next one that is opened has a new connection.</summary>
    internal Task DropAsync() => _connection?.AbortAsync() ?? Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_connection is not null)
        {
            await _connection.DisposeAsync();
        }

        _gate.Dispose();
    }
}
