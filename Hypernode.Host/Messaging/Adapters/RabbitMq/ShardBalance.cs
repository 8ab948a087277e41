using Hypernode.Contracts.Topology;
using RabbitMQ.Client;

namespace Hypernode.Host.Messaging.Adapters.RabbitMq;

/// <summary>
/// Spreads the saga's queues over its hosts. The broker gives a queue to whoever attached first, so the host that starts first
/// has them all, and this broker knows no priority among those that wait. So a host that was given messages of more queues than
/// its share lets the others go, and attaches again at the end of the line. Queues without messages need no balance.
/// </summary>
internal sealed partial class ShardBalance(RabbitMqConnection connection, SagaShards shards, TimeProvider time, ILogger<ShardBalance> logger)
    : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);
    private IChannel? _present;

    /// <summary>Which of the busy shards to let go: those beyond this host's share of all of them.</summary>
    /// <param name="deliveries">Of this host, a shard each.</param>
    /// <param name="hosts">Those that are attached, this one included.</param>
    public static IReadOnlyList<int> Surplus(IReadOnlyList<long> deliveries, uint hosts)
    {
        var share = (deliveries.Count + Math.Max(hosts, 1) - 1) / Math.Max(hosts, 1);
        return [.. Enumerable.Range(0, deliveries.Count).Where(i => deliveries[i] > 0).Skip((int)share)];
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await RunOnceAsync(stoppingToken);
                await Task.Delay(Pause, time, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                // Only a matter of speed: the next turn tries again.
                NotBalanced(logger, e);
                await Task.Delay(Pause, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <returns>How many queues were let go.</returns>
    public async Task<int> RunOnceAsync(CancellationToken cancellationToken)
    {
        var deliveries = shards.TakeDeliveries();
        var surplus = Surplus(deliveries, await CountHostsAsync(cancellationToken));
        foreach (var shard in surplus)
        {
            await shards.LetGoAsync(shard, cancellationToken);
        }

        return surplus.Count;
    }

    /// <summary>By who is attached to a queue of its own for that: of a shard the broker counts only the one that reads.</summary>
    private async Task<uint> CountHostsAsync(CancellationToken cancellationToken)
    {
        if (_present is not { IsOpen: true })
        {
            if (_present is not null)
            {
                await _present.DisposeAsync();
            }

            _present = await connection.OpenChannelAsync(confirms: false, cancellationToken);
            await _present.BasicConsumeAsync(Queues.SagaHosts, autoAck: true, new AsyncDefaultBasicConsumer(_present), cancellationToken);
        }

        return (await _present.QueueDeclarePassiveAsync(Queues.SagaHosts, cancellationToken)).ConsumerCount;
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        if (_present is not null)
        {
            await _present.DisposeAsync();
        }
    }

    [LoggerMessage(2206, LogLevel.Warning, "The saga's queues could not be balanced")]
    private static partial void NotBalanced(ILogger logger, Exception e);
}
