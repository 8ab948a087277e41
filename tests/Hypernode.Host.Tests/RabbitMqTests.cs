using System.Text;
using System.Text.Json;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;
using Hypernode.Contracts.Topology;
using Hypernode.Host.Messaging;
using Hypernode.Host.Messaging.Adapters.RabbitMq;
using Hypernode.Workers.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using RabbitMQ.Client;

namespace Hypernode.Host.Tests;

/// <summary>The nodes' side of the broker: what the control plane declares, and whom it believes.</summary>
[Trait("Needs", "rabbitmq")]
public sealed class RabbitMqTests : IAsyncLifetime
{
    private readonly NodeId _node = new(Guid.NewGuid());
    private RabbitMqConnection _connection = null!;
    private IChannel _channel = null!;
    private string _uri = "";

    public async Task InitializeAsync()
    {
        _uri = await BrokerUser.MakeVirtualHostAsync();
        _connection = new RabbitMqConnection(Options.Create(new RabbitMqOptions { Uri = _uri }));
        _channel = await _connection.OpenChannelAsync(confirms: true, CancellationToken.None);
        await RabbitMqTopology.DeclareAsync(_channel, CancellationToken.None);
    }

    public async Task DisposeAsync()
    {
        await _channel.DisposeAsync();
        await _connection.DisposeAsync();
        await BrokerUser.DropVirtualHostAsync(_uri);
    }

    [Fact]
    public async Task Declaring_everything_again_changes_nothing() => await RabbitMqTopology.DeclareAsync(_channel, CancellationToken.None);

    [Fact]
    public async Task A_command_waits_in_the_node_s_own_queue()
    {
        await using var sender = new RabbitMqNodeCommandSender(_connection);
        await sender.EnsureQueueAsync(_node, CancellationToken.None);
        var stop = new Contracts.Commands.StopJob(new(Guid.NewGuid()), _node, 1, "test");

        await sender.SendAsync(_node, Guid.NewGuid(), stop, CancellationToken.None);

        var got = await WaitAsync(() => _channel.BasicGetAsync(Queues.Node(_node), autoAck: true));
        JsonSerializer.Deserialize<NodeCommand>(got.Body.Span, ContractJson.Options).ShouldBe(stop);
        got.BasicProperties.Persistent.ShouldBeTrue();
        await _channel.QueueDeleteAsync(Queues.Node(_node));
    }

    [Fact]
    public async Task A_node_without_a_broker_has_its_queue_read_for_it_and_what_it_does_not_confirm_stays_there()
    {
        await using var sender = new RabbitMqNodeCommandSender(_connection);
        await sender.EnsureQueueAsync(_node, CancellationToken.None);
        Contracts.Commands.StopJob[] stops = [new(new(Guid.NewGuid()), _node, 1, "first"), new(new(Guid.NewGuid()), _node, 1, "second")];
        foreach (var stop in stops)
        {
            await sender.SendAsync(_node, Guid.NewGuid(), stop, CancellationToken.None);
        }

        await using (var mailbox = NewMailbox())
        {
            var first = (await TakeAsync(mailbox))!;
            first.Command.ShouldBe(stops[0]);
            mailbox.Confirm(_node, first.Ack).ShouldBeTrue();
            (await TakeAsync(mailbox))!.Command.ShouldBe(stops[1]); // and the host goes down with it
        }

        await using var other = NewMailbox();
        var again = (await TakeAsync(other))!;
        again.Command.ShouldBe(stops[1]);
        other.Confirm(_node, again.Ack).ShouldBeTrue();
        (await other.TakeAsync(_node, TimeSpan.FromMilliseconds(200), CancellationToken.None)).ShouldBeNull();
        await _channel.QueueDeleteAsync(Queues.Node(_node));

        Task<HeldCommand?> TakeAsync(NodeMailbox mailbox) => mailbox.TakeAsync(_node, TimeSpan.FromSeconds(20), CancellationToken.None);

        NodeMailbox NewMailbox() => new(new RabbitMqNodeQueue(_connection), new Adapters.SystemIds(), TimeProvider.System, NullLogger<NodeMailbox>.Instance);
    }

    [Fact]
    public async Task A_command_for_a_node_without_a_queue_is_refused_loudly()
    {
        await using var sender = new RabbitMqNodeCommandSender(_connection);
        var nobody = new NodeId(Guid.NewGuid());

        await Should.ThrowAsync<Exception>(() => sender.SendAsync(
            nobody, Guid.NewGuid(), new Contracts.Commands.StopJob(new(Guid.NewGuid()), nobody, 1, ""), CancellationToken.None));
    }

    [Fact]
    public async Task A_message_without_a_checked_sender_never_reaches_the_ingress()
    {
        var ingress = new NotingIngress();
        var reader = new RabbitMqNodeIngress(_connection, ingress, new IngressClock(), TimeProvider.System, NullLogger<RabbitMqNodeIngress>.Instance);
        await reader.StartAsync(CancellationToken.None);
        var beat = Encoding.UTF8.GetBytes("""{"kind":"beat","at":1,"leases":[]}""");

        // No user id; a user that is no node; a body that is no message. The administrator may set only its own name.
        var self = new Uri(_uri).UserInfo.Split(':')[0];
        await _channel.BasicPublishAsync(Queues.NodesIngress, $"node.{_node}.beat", false, new BasicProperties(), beat);
        await _channel.BasicPublishAsync(Queues.NodesIngress, $"node.{_node}.beat", false, new BasicProperties { UserId = self }, beat);
        await _channel.BasicPublishAsync(Queues.NodesIngress, $"node.{_node}.beat", false, new BasicProperties(), "?"u8.ToArray());

        await WaitAsync(async () => await _channel.MessageCountAsync(Queues.NodesIngress) == 0 ? this : null);
        await reader.StopAsync(CancellationToken.None);
        ingress.Count.ShouldBe(0);
    }

    [Fact]
    public async Task A_storage_that_is_away_for_a_while_loses_no_message_and_stops_the_liveness_clock()
    {
        var ingress = new NotingIngress { FailuresToCome = 3 };
        var clock = new IngressClock();
        var reader = new RabbitMqNodeIngress(_connection, ingress, clock, TimeProvider.System, NullLogger<RabbitMqNodeIngress>.Instance);
        var dead = await _channel.MessageCountAsync(Queues.Dead);
        var user = Queues.Node(_node);
        await using var asNode = await BrokerUser.ConnectAsync(_uri, user);
        await reader.StartAsync(CancellationToken.None);

        await asNode.PublishAsync(Queues.NodesIngress, $"{user}.beat", """{"kind":"beat","at":1,"leases":[]}""");

        await WaitAsync(() => Task.FromResult(ingress.WasDownMeanwhile(clock) ? this : null));
        await WaitAsync(() => Task.FromResult(ingress.Count == 1 ? this : null));
        await WaitAsync(() => Task.FromResult(clock.UpSince is not null ? this : null));
        await reader.StopAsync(CancellationToken.None);
        (await _channel.MessageCountAsync(Queues.Dead)).ShouldBe(dead);
    }

    private static async Task<T> WaitAsync<T>(Func<Task<T?>> look)
        where T : class
    {
        var deadline = DateTime.UtcNow.AddSeconds(20);
        while (DateTime.UtcNow < deadline)
        {
            if (await look() is { } found)
            {
                return found;
            }

            await Task.Yield();
        }

        throw new TimeoutException();
    }

    private sealed class NotingIngress : INodeIngress
    {
        public int Count { get; private set; }

        public int FailuresToCome { get; set; }

        public bool WasDownMeanwhile(IngressClock clock) => Count == 0 && clock.UpSince is null;

        public Task AcceptAsync(NodeId sender, NodeMessage message, CancellationToken cancellationToken)
        {
            if (FailuresToCome-- > 0)
            {
                throw new IOException("the database restarts");
            }

            Count++;
            return Task.CompletedTask;
        }
    }
}
