using Hypernode.Contracts.Topology;
using RabbitMQ.Client;

namespace Hypernode.Host.Messaging.Adapters.RabbitMq;

/// <summary>
/// Declares every queue before the first message: a message to an exchange without a queue would be lost. Quorum queues
/// everywhere, with a delivery limit and one queue of dead letters. Agents declare nothing.
/// </summary>
internal static class RabbitMqTopology
{
    public static IReadOnlyDictionary<string, object> DeadLettering { get; } = new Dictionary<string, object>
    {
        ["x-delivery-limit"] = 10,
        ["x-dead-letter-exchange"] = Queues.Dead,
    };

    /// <summary>One host at a time reads a shard, so that a job's messages meet in one memory; the next takes over when it dies.</summary>
    public static IReadOnlyDictionary<string, object> Shard { get; } = new Dictionary<string, object>(DeadLettering) { ["x-single-active-consumer"] = true };

    /// <summary>Looking at a dead letter counts as a delivery, and newer brokers drop what was delivered twenty times.</summary>
    private static readonly Dictionary<string, object> KeptForEver = new() { ["x-delivery-limit"] = 1_000_000 };

    public static async Task DeclareAsync(IChannel channel, CancellationToken cancellationToken)
    {
        await channel.ExchangeDeclareAsync(Queues.Dead, ExchangeType.Fanout, durable: true, cancellationToken: cancellationToken);
        await channel.QueueDeclareAsync(Queues.Dead, true, false, false, Quorum(KeptForEver), cancellationToken: cancellationToken);
        await channel.QueueBindAsync(Queues.Dead, Queues.Dead, "", cancellationToken: cancellationToken);

        foreach (var queue in Queues.Commands.Values)
        {
            await DeclareOwnAsync(channel, queue, DeadLettering, cancellationToken);
        }

        foreach (var shard in Queues.Saga)
        {
            await DeclareOwnAsync(channel, shard, Shard, cancellationToken);
        }

        await channel.QueueDeclareAsync(Queues.SagaHosts, true, false, false, Quorum([]), cancellationToken: cancellationToken);
        await channel.ExchangeDeclareAsync(Queues.Live, ExchangeType.Fanout, durable: true, cancellationToken: cancellationToken);
        await channel.ExchangeDeclareAsync(Queues.NodesCommands, ExchangeType.Direct, durable: true, cancellationToken: cancellationToken);
        await channel.ExchangeDeclareAsync(Queues.NodesIngress, ExchangeType.Topic, durable: true, cancellationToken: cancellationToken);
        await channel.QueueDeclareAsync(Queues.NodesIngress, true, false, false, Quorum(DeadLettering), cancellationToken: cancellationToken);
        await channel.QueueBindAsync(Queues.NodesIngress, Queues.NodesIngress, "#", cancellationToken: cancellationToken);
    }

    private static async Task DeclareOwnAsync(
        IChannel channel, string queue, IReadOnlyDictionary<string, object> arguments, CancellationToken cancellationToken)
    {
        await channel.ExchangeDeclareAsync(queue, ExchangeType.Fanout, durable: true, cancellationToken: cancellationToken);
        await channel.QueueDeclareAsync(queue, true, false, false, Quorum(arguments), cancellationToken: cancellationToken);
        await channel.QueueBindAsync(queue, queue, "", cancellationToken: cancellationToken);
    }

    /// <summary>The queue of one node.</summary>
    public static async Task DeclareNodeAsync(IChannel channel, string queue, CancellationToken cancellationToken)
    {
        await channel.QueueDeclareAsync(queue, true, false, false, Quorum(DeadLettering), cancellationToken: cancellationToken);
        await channel.QueueBindAsync(queue, Queues.NodesCommands, queue, cancellationToken: cancellationToken);
    }

    private static Dictionary<string, object?> Quorum(IEnumerable<KeyValuePair<string, object>> more)
    {
        var arguments = new Dictionary<string, object?> { ["x-queue-type"] = "quorum" };
        foreach (var (name, value) in more)
        {
            arguments[name] = value;
        }

        return arguments;
    }
}
