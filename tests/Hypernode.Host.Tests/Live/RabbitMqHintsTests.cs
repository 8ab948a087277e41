using System.Collections.Concurrent;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Live;
using Hypernode.Contracts.Topology;
using Hypernode.Host.Messaging.Adapters.RabbitMq;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Hypernode.Host.Tests.Live;

/// <summary>Hints over the real broker.</summary>
[Trait("Needs", "rabbitmq")]
public sealed class RabbitMqHintsTests : IAsyncLifetime
{
    private readonly List<(RabbitMqConnection Connection, RabbitMqHints Hints)> _hosts = [];
    private string _uri = "";

    public async Task InitializeAsync()
    {
        _uri = await BrokerUser.MakeVirtualHostAsync();
        await using var connection = new RabbitMqConnection(Options.Create(new RabbitMqOptions { Uri = _uri }));
        await using var channel = await connection.OpenChannelAsync(confirms: false, CancellationToken.None);
        await RabbitMqTopology.DeclareAsync(channel, CancellationToken.None);
    }

    public async Task DisposeAsync()
    {
        foreach (var (connection, hints) in _hosts)
        {
            await hints.StopAsync(CancellationToken.None);
            hints.Dispose();
            await connection.DisposeAsync();
        }

        await BrokerUser.DropVirtualHostAsync(_uri);
    }

    [Fact]
    public async Task Every_host_that_listens_hears_what_any_host_moved_and_each_has_a_queue_that_ends_with_it()
    {
        var before = await BrokerUser.QueueNamesAsync(_uri);
        var (teller, _) = await HostAsync(listens: false);
        var (first, here) = await HostAsync(listens: true);
        var (_, there) = await HostAsync(listens: true);
        var job = LiveTopic.OfJob(new JobId(Guid.NewGuid()));

        teller.Moved([job]);

        await Eventually.IsTrueAsync(() => here.Contains(job) && there.Contains(job), "both hear it");
        await Eventually.IsTrueAsync(async () => (await BrokerUser.QueueNamesAsync(_uri)).Count == before.Count + 2, "two queues are there");
        await first.StopAsync(CancellationToken.None);
        await Eventually.IsTrueAsync(async () => (await BrokerUser.QueueNamesAsync(_uri)).Count == before.Count + 1, "the queue goes with its host");
    }

    [Fact]
    public async Task After_the_way_was_broken_whoever_listens_is_told_that_anything_may_have_moved()
    {
        var (hints, heard) = await HostAsync(listens: true);
        heard.Clear();

        await _hosts[0].Connection.DropAsync();

        await Eventually.IsTrueAsync(() => heard.Contains(null), "it hears that hints may be lost");
        heard.Clear();
        var (lost, job) = (LiveTopic.OfJob(new JobId(Guid.NewGuid())), LiveTopic.OfJob(new JobId(Guid.NewGuid())));
        hints.Moved([lost]); // it may be this one that finds the way broken: then anything may have moved
        await Eventually.IsTrueAsync(() => heard.Contains(lost) || heard.Contains(null), "what was moved meanwhile is not kept back");
        hints.Moved([job]);
        await Eventually.IsTrueAsync(() => heard.Contains(job), "the way is back");
    }

    private async Task<(RabbitMqHints Hints, ConcurrentQueue<LiveTopic?> Heard)> HostAsync(bool listens)
    {
        var connection = new RabbitMqConnection(Options.Create(new RabbitMqOptions { Uri = _uri }));
        var hints = new RabbitMqHints(connection, TimeProvider.System, NullLogger<RabbitMqHints>.Instance, listens);
        var heard = new ConcurrentQueue<LiveTopic?>();
        hints.Listen(topics =>
        {
            foreach (var topic in topics?.Select(t => (LiveTopic?)t) ?? [null])
            {
                heard.Enqueue(topic);
            }
        });
        _hosts.Add((connection, hints));
        await hints.StartAsync(CancellationToken.None);
        if (listens)
        {
            await Eventually.IsTrueAsync(() => heard.Contains(null), "it listens");
        }

        return (hints, heard);
    }
}
