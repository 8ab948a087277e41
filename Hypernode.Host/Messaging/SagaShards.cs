using Hypernode.Contracts.Topology;
using Hypernode.Host.Messaging.Adapters.RabbitMq;
using Hypernode.Sagas;
using Hypernode.Sagas.Engine;
using MassTransit;
using Microsoft.Extensions.Options;

namespace Hypernode.Host.Messaging;

/// <summary>
/// The saga's queues on this host. Every host with the saga attaches to all of them; the broker lets one host at a time read
/// each. An attachment can be let go and made again, which hands its queue to the host that waits next.
/// </summary>
internal sealed partial class SagaShards(
    IReceiveEndpointConnector bus, IOptions<EngineOptions> options, ILogger<SagaShards> logger) : IHostedService
{
    private readonly Attachment[] _shards = [.. Queues.Saga.Select(queue => new Attachment(queue))];

    /// <summary>Messages that this host was given since the last call, a shard each.</summary>
    public IReadOnlyList<long> TakeDeliveries() => [.. _shards.Select(s => s.TakeDeliveries())];

    public Task StartAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(_shards.Select(s => AttachAsync(s).WaitAsync(cancellationToken)));

    /// <summary>The bus ends its endpoints itself.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>What is under way is finished first; then another host reads it, and this one waits behind.</summary>
    public async Task LetGoAsync(int shard, CancellationToken cancellationToken)
    {
        LetGo(logger, _shards[shard].Queue);
        await _shards[shard].Handle!.StopAsync(cancellationToken);
        await AttachAsync(_shards[shard]);
    }

    private async Task AttachAsync(Attachment shard)
    {
        shard.Handle = bus.ConnectReceiveEndpoint(shard.Queue, (context, endpoint) =>
        {
            BusComposition.Harden(endpoint, shard.Queue, RabbitMqTopology.Shard, context);
            endpoint.ConfigureJobSaga(context);
            endpoint.ConcurrentMessageLimit = Math.Max(4, options.Value.Concurrency / Queues.SagaShards);
        });
        shard.Handle.ReceiveEndpoint.ConnectReceiveObserver(shard);
        await shard.Handle.Ready;
    }

    [LoggerMessage(2205, LogLevel.Information, "{Queue} goes to another host: this one had more than its share")]
    private static partial void LetGo(ILogger logger, string queue);

    private sealed class Attachment(string queue) : IReceiveObserver
    {
        private long _deliveries;

        public string Queue => queue;

        public HostReceiveEndpointHandle? Handle { get; set; }

        public long TakeDeliveries() => Interlocked.Exchange(ref _deliveries, 0);

        public Task PreReceive(ReceiveContext context)
        {
            Interlocked.Increment(ref _deliveries);
            return Task.CompletedTask;
        }

        public Task PostReceive(ReceiveContext context) => Task.CompletedTask;

        public Task PostConsume<T>(ConsumeContext<T> context, TimeSpan duration, string consumerType)
            where T : class => Task.CompletedTask;

        public Task ConsumeFault<T>(ConsumeContext<T> context, TimeSpan duration, string consumerType, Exception exception)
            where T : class => Task.CompletedTask;

        public Task ReceiveFault(ReceiveContext context, Exception exception) => Task.CompletedTask;
    }
}
