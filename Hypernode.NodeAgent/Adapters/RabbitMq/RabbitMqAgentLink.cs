using System.Text.Json;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;
using Hypernode.Contracts.Topology;
using Microsoft.Extensions.Logging;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Hypernode.NodeAgent.Adapters.RabbitMq;

/// <summary>
/// The plain client on objects that the control plane has declared: a node may read its own queue and write to the ingress
/// exchange, nothing else, so nothing is declared here. Publishes are confirmed, mandatory and persistent and carry the node's
/// user name; a lost connection is made anew for ever.
/// </summary>
public sealed class RabbitMqAgentLink : IAgentLink
{
    private const ushort Prefetch = 16;

    /// <summary>Far above the largest job that the API takes: it would go into the journal.</summary>
    private const int MaxCommandBytes = 1024 * 1024;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    private readonly ConnectionFactory _factory;
    private readonly IBrokerLogin _login;
    private readonly string _name;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly PatientTaking _taking;
    private readonly OutgoingQueue _outgoing;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private IConnection? _connection;
    private IChannel? _publisher;

    /// <param name="broker"><c>amqp(s)://host/vhost</c>.</param>
    public RabbitMqAgentLink(Uri broker, NodeId node, IBrokerLogin login, TimeProvider time, ILogger<RabbitMqAgentLink> logger)
    {
        _login = login;
        _name = Queues.Node(node);
        _time = time;
        _logger = logger;
        _taking = new PatientTaking(time, logger);
        _outgoing = new OutgoingQueue(PublishAsync);
        _factory = new ConnectionFactory
        {
            Uri = broker,
            UserName = login.User,
            ClientProvidedName = _name,
            // Recovery is our own: the client's would replay declarations, and hide outages that the agent wants to know of.
            AutomaticRecoveryEnabled = false,
        };
    }

    public async Task ListenAsync(Func<NodeCommand, CancellationToken, Task> handle, CancellationToken cancellationToken)
    {
        for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            try
            {
                await ConsumeAsync(handle, () => pause = FirstPause, cancellationToken);
                _logger.LogWarning("the broker has closed the channel of {Queue}", _name);
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                // The queue may not be there yet, the broker may be away or refuse us: all of it may pass.
                _logger.LogWarning("{Queue} can't be read now: {Reason}", _name, e.Message);
            }

            await Task.Delay(pause, _time, cancellationToken);
        }
    }

    /// <summary>One message after the other; what waits while one is under way goes together with the next.</summary>
    public Task SendAsync(NodeMessage message, CancellationToken cancellationToken) => _outgoing.SendAsync(message, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (_connection is not null)
        {
            await _connection.DisposeAsync();
        }

        _outgoing.Dispose();
        _gate.Dispose();
    }

    private async Task ConsumeAsync(Func<NodeCommand, CancellationToken, Task> handle, Action consuming, CancellationToken cancellationToken)
    {
        var connection = await ConnectionAsync(cancellationToken);
        // Whatever ends the channel ends a command in hand, too: there is nothing left on which it could be answered.
        using var closed = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var token = closed.Token;
        await using var channel = await connection.CreateChannelAsync(cancellationToken: cancellationToken);
        await channel.BasicQosAsync(0, Prefetch, global: false, cancellationToken);
        var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var told = token.Register(() => over.TrySetResult());
        var consumer = new AsyncEventingBasicConsumer(channel);
        channel.ChannelShutdownAsync += (_, _) => closed.CancelAsync();
        consumer.UnregisteredAsync += (_, _) => closed.CancelAsync();
        consumer.ReceivedAsync += (_, delivery) => TakeAsync(channel, delivery, handle, token);
        await channel.BasicConsumeAsync(_name, autoAck: false, consumer, cancellationToken);
        consuming();
        await over.Task;
        cancellationToken.ThrowIfCancellationRequested();
    }

    private async Task TakeAsync(
        IChannel channel, BasicDeliverEventArgs delivery, Func<NodeCommand, CancellationToken, Task> handle, CancellationToken closed)
    {
        NodeCommand? command = null;
        try
        {
            command = delivery.Body.Length <= MaxCommandBytes
                ? JsonSerializer.Deserialize<NodeCommand>(delivery.Body.Span, ContractJson.Options)
                : throw new JsonException($"{delivery.Body.Length} bytes are no command");
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            _logger.LogError("a command that can't be read goes to the dead letters: {Reason}", e.Message);
        }

        try
        {
            if (command is null)
            {
                await channel.BasicNackAsync(delivery.DeliveryTag, multiple: false, requeue: false, closed);
                return;
            }

            if (await _taking.TryAsync(token => handle(command, token), closed))
            {
                await channel.BasicAckAsync(delivery.DeliveryTag, multiple: false, closed);
            }
            else
            {
                // Not journaled, so not acknowledged: the broker gives it again.
                _logger.LogError("a command is given back");
                await channel.BasicNackAsync(delivery.DeliveryTag, multiple: false, requeue: true, closed);
            }
        }
        catch (Exception e) when (closed.IsCancellationRequested || !channel.IsOpen)
        {
            // What was not acknowledged, the broker has taken back with the channel.
            _logger.LogWarning("a command was in hand when the channel closed: {Reason}", e.Message);
        }
    }

    private async Task<IConnection> ConnectionAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            return await ConnectAsync(cancellationToken);
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task<IChannel> PublisherAsync(CancellationToken cancellationToken)
    {
        if (_publisher is { IsOpen: true })
        {
            return _publisher;
        }

        var connection = await ConnectionAsync(cancellationToken);
        // Without tracking, a refused publish throws nothing.
        var options = new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true);
        return _publisher = await connection.CreateChannelAsync(options, cancellationToken);
    }

    /// <summary>Under the gate.</summary>
    private async Task<IConnection> ConnectAsync(CancellationToken cancellationToken)
    {
        if (_connection is { IsOpen: true })
        {
            return _connection;
        }

        if (_connection is not null)
        {
            await _connection.DisposeAsync();
        }

        _factory.Password = _login.NewPassword(); // made for this connect alone
        return _connection = await _factory.CreateConnectionAsync(cancellationToken);
    }

    /// <summary>Returns when the broker has confirmed; a return (nobody bound) or a nack throws.</summary>
    private async Task PublishAsync(Outgoing message, CancellationToken cancellationToken)
    {
        var properties = new BasicProperties
        {
            MessageId = Guid.NewGuid().ToString("D"),
            UserId = _login.User,
            ContentType = "application/json",
            DeliveryMode = DeliveryModes.Persistent,
        };
        var channel = await PublisherAsync(cancellationToken);
        await channel.BasicPublishAsync(Queues.NodesIngress, $"{_name}.{message.Kind}", mandatory: true, properties, message.Body, cancellationToken);
    }
}
