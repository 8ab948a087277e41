using System.Text;
using System.Text.Json;
using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;
using Hypernode.Contracts.Topology;
using Hypernode.Host.Messaging.Adapters.RabbitMq;
using Hypernode.NodeAgent.Adapters.RabbitMq;
using Hypernode.Workers.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Hypernode.Host.Tests.Access;

/// <summary>What a registered node may do at a real broker that asks the real API, and what it tries in vain.</summary>
[Collection(NodeDoorCollection.Name)]
[Trait("Needs", "rabbitmq")]
[Trait("Needs", "postgres")]
public sealed class BrokerAccessTests(NodeDoor door) : IAsyncLifetime
{
    private const int AccessRefused = 403;
    private const int PreconditionFailed = 406;

    private TestNode _node = null!;
    private TestNode _other = null!;
    private IConnection _connection = null!;

    public async Task InitializeAsync()
    {
        _node = await door.RegisterAsync();
        _other = await door.RegisterAsync();
        _connection = await door.ConnectAsync(_node);
    }

    public async Task DisposeAsync() => await _connection.DisposeAsync();

    [Fact]
    public async Task Registering_is_the_grant_the_agents_own_link_gets_its_commands_and_is_heard()
    {
        var heard = new Heard();
        using var ingress = Ingress(heard);
        await ingress.StartAsync(default);
        await using var link = new RabbitMqAgentLink(
            door.NodeBroker, _node.Id, new NodeLogin(_node.Id, KeysAlone.Network, _node, TimeProvider.System), TimeProvider.System, NullLogger<RabbitMqAgentLink>.Instance);
        using var stop = new CancellationTokenSource();
        var got = new TaskCompletionSource<NodeCommand>();
        var listening = link.ListenAsync(
            (command, _) =>
            {
                got.TrySetResult(command);
                return Task.CompletedTask;
            },
            stop.Token);

        var command = new StopJob(new(Guid.NewGuid()), _node.Id, 1, "test");
        await using var commands = new RabbitMqNodeCommandSender(door.Connection);
        await commands.SendAsync(_node.Id, Guid.NewGuid(), command, default);
        await link.SendAsync(new Beat(42, []), default);

        (await got.Task.WaitAsync(TimeSpan.FromSeconds(20))).ShouldBe(command);
        await Eventually.IsTrueAsync(() => heard.All.Contains((_node.Id, 42L)), "the beat");
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => listening);
        await ingress.StopAsync(default);
    }

    public static TheoryData<string, int> Attempts => new()
    {
        // Reading what is not one's own.
        { "consume another node's queue", AccessRefused },
        { "get from another node's queue", AccessRefused },
        { "consume the ingress queue", AccessRefused },
        { "consume a saga queue", AccessRefused },
        { "get from the dead letters", AccessRefused },

        // Writing elsewhere than to the ingress.
        { "publish to a saga exchange", AccessRefused },
        { "publish to a worker's exchange", AccessRefused },
        { "publish to the default exchange", AccessRefused },
        { "publish to the nodes' commands", AccessRefused },
        { "publish to the dead letters", AccessRefused },
        { "publish under another node's routing key", AccessRefused },
        { "publish under a routing key that begins like one's own", AccessRefused },
        { "publish under no routing key", AccessRefused },
        { "publish as another user", PreconditionFailed },
        { "publish as the administrator", PreconditionFailed },

        // Making, binding, taking away.
        { "declare a queue", AccessRefused },
        { "declare its own queue as it is", AccessRefused },
        { "declare a queue of a name that the broker makes up", AccessRefused },
        { "declare an exchange", AccessRefused },
        { "declare the ingress exchange as it is", AccessRefused },
        { "bind its own queue to the commands of all", AccessRefused },
        { "bind its own queue to the ingress", AccessRefused },
        { "unbind another node's queue", AccessRefused },
        { "unbind the ingress queue", AccessRefused },
        { "bind the ingress exchange to a saga's", AccessRefused },
        { "purge another node's queue", AccessRefused },
        { "purge the ingress queue", AccessRefused },
        { "delete another node's queue", AccessRefused },
        { "delete its own queue", AccessRefused },
        { "delete the ingress exchange", AccessRefused },
    };

    [Theory]
    [MemberData(nameof(Attempts))]
    public async Task It_is_refused(string attempt, int code)
    {
        (await CodeOfAsync(c => AttemptAsync(attempt, c))).ShouldBe(code, attempt);

        // Refused, and not just after the deed.
        (await CodeOfAsync(c => c.BasicPublishAsync(Queues.NodesIngress, $"{_node.Name}.beat", true, new BasicProperties(), default).AsTask())).ShouldBe(0, "its own way stays open");
        await using var ours = await door.Connection.OpenChannelAsync(confirms: false, default);
        (await ours.QueueDeclarePassiveAsync(_other.Name)).QueueName.ShouldBe(_other.Name);
    }

    private Task AttemptAsync(string attempt, IChannel c) => attempt switch
    {
        "consume another node's queue" => c.BasicConsumeAsync(_other.Name, autoAck: true, new AsyncDefaultConsumer(c)),
        "get from another node's queue" => c.BasicGetAsync(_other.Name, autoAck: true),
        "consume the ingress queue" => c.BasicConsumeAsync(Queues.NodesIngress, autoAck: true, new AsyncDefaultConsumer(c)),
        "consume a saga queue" => c.BasicConsumeAsync(Queues.Saga[0], autoAck: true, new AsyncDefaultConsumer(c)),
        "get from the dead letters" => c.BasicGetAsync(Queues.Dead, autoAck: true),
        "publish to a saga exchange" => PublishAsync(c, Queues.Saga[0], ""),
        "publish to a worker's exchange" => PublishAsync(c, Queues.SettlePayment, ""),
        "publish to the default exchange" => PublishAsync(c, "", Queues.Saga[0]),
        "publish to the nodes' commands" => PublishAsync(c, Queues.NodesCommands, _other.Name),
        "publish to the dead letters" => PublishAsync(c, Queues.Dead, ""),
        "publish under another node's routing key" => PublishAsync(c, Queues.NodesIngress, $"{_other.Name}.beat"),
        "publish under a routing key that begins like one's own" => PublishAsync(c, Queues.NodesIngress, $"{_node.Name}0.beat"),
        "publish under no routing key" => PublishAsync(c, Queues.NodesIngress, ""),
        "publish as another user" => PublishAsync(c, Queues.NodesIngress, $"{_node.Name}.beat", _other.Name),
        "publish as the administrator" => PublishAsync(c, Queues.NodesIngress, $"{_node.Name}.beat", new Uri(door.Broker).UserInfo.Split(':')[0]),
        "declare a queue" => c.QueueDeclareAsync($"{_node.Name}.more", true, false, false),
        "declare its own queue as it is" => RabbitMqTopology.DeclareNodeAsync(c, _node.Name, default),
        "declare a queue of a name that the broker makes up" => c.QueueDeclareAsync(),
        "declare an exchange" => c.ExchangeDeclareAsync($"{_node.Name}.more", ExchangeType.Fanout),
        "declare the ingress exchange as it is" => c.ExchangeDeclareAsync(Queues.NodesIngress, ExchangeType.Topic, durable: true),
        "bind its own queue to the commands of all" => c.QueueBindAsync(_node.Name, Queues.NodesCommands, _other.Name),
        "bind its own queue to the ingress" => c.QueueBindAsync(_node.Name, Queues.NodesIngress, "#"),
        "unbind another node's queue" => c.QueueUnbindAsync(_other.Name, Queues.NodesCommands, _other.Name),
        "unbind the ingress queue" => c.QueueUnbindAsync(Queues.NodesIngress, Queues.NodesIngress, "#"),
        "bind the ingress exchange to a saga's" => c.ExchangeBindAsync(Queues.Saga[0], Queues.NodesIngress, "#"),
        "purge another node's queue" => c.QueuePurgeAsync(_other.Name),
        "purge the ingress queue" => c.QueuePurgeAsync(Queues.NodesIngress),
        "delete another node's queue" => c.QueueDeleteAsync(_other.Name),
        "delete its own queue" => c.QueueDeleteAsync(_node.Name),
        "delete the ingress exchange" => c.ExchangeDeleteAsync(Queues.NodesIngress),
        _ => throw new ArgumentException(attempt),
    };

    [Fact]
    public async Task Who_has_no_good_token_is_not_let_in()
    {
        var good = _node.Password();
        await RefusedAsync(_node.Id, _other.Password(of: _node.Id), "another key's token");
        await RefusedAsync(_other.Id, good, "another node's token");
        await RefusedAsync(_node.Id, _node.Password(network: "localnet"), "another network's token");
        await RefusedAsync(_node.Id, _node.Password(ago: TimeSpan.FromMinutes(6)), "a token that was overheard and is over");
        await RefusedAsync(_node.Id, _node.Password(ago: TimeSpan.FromMinutes(-6)), "a token made for later");
        await RefusedAsync(_node.Id, "", "no password");
        await RefusedAsync(_node.Id, "guest", "a guess");
        var nobody = TestNode.Create();
        await RefusedAsync(nobody.Id, nobody.Password(), "an unknown node");
        await (await door.ConnectAsync(_node.Id, good)).DisposeAsync();
    }

    [Fact]
    public async Task A_node_enters_no_other_virtual_host()
    {
        // The client says open before the broker has looked: the first channel shows it.
        await Should.ThrowAsync<Exception>(async () =>
        {
            await using var connection = await door.ConnectAsync(_node.Id, _node.Password(), "/");
            await using var channel = await connection.CreateChannelAsync();
        });
    }

    [Fact]
    public async Task While_the_api_is_away_nobody_gets_in_and_when_it_is_back_everybody_does()
    {
        await door.CloseAsync();
        try
        {
            await RefusedAsync(_other.Id, _other.Password(), "nobody answers for it");
        }
        finally
        {
            await door.OpenAsync();
        }

        await (await door.ConnectAsync(_other)).DisposeAsync();
    }

    [Fact]
    public async Task Headers_that_would_make_us_write_for_a_node_do_nothing_and_poison_holds_nobody_up()
    {
        var heard = new Heard();
        using var ingress = Ingress(heard);
        await ingress.StartAsync(default);
        await using var channel = await _connection.CreateChannelAsync(new CreateChannelOptions(true, true));
        var key = $"{_node.Name}.beat";
        var deputy = new BasicProperties
        {
            UserId = _node.Name,
            ReplyTo = Queues.Saga[0],
            ContentType = "application/vnd.masstransit+json",
            Headers = new Dictionary<string, object?>
            {
                ["MT-Fault-Address"] = $"exchange:{_node.Name}.made",
                ["MT-Response-Address"] = $"queue:{_node.Name}.made",
                ["CC"] = new List<object> { $"{_node.Name}.made" },
            },
        };
        foreach (var body in new[] { "?", "", "null", "[]", """{"kind":"execute"}""", """{"kind":"beat"}""", """{"kind":"beat","at":1,"leases":[null]}""", """{"message":{"at":1},"messageType":["urn:message:Hypernode.Contracts.Events:JobExecuted"]}""" })
        {
            await channel.BasicPublishAsync(Queues.NodesIngress, key, mandatory: true, deputy, Encoding.UTF8.GetBytes(body));
        }

        // No sender at all: optional at the broker, so ours to refuse.
        await channel.BasicPublishAsync(Queues.NodesIngress, key, mandatory: true, new BasicProperties(), Encoding.UTF8.GetBytes("""{"kind":"beat","at":2,"leases":[]}"""));
        await channel.BasicPublishAsync(Queues.NodesIngress, key, mandatory: true, new BasicProperties { UserId = _node.Name }, Encoding.UTF8.GetBytes("""{"kind":"beat","at":3,"leases":[]}"""));

        await Eventually.IsTrueAsync(() => heard.All.Contains((_node.Id, 3L)), "the good one behind them");
        heard.All.ShouldNotContain((_node.Id, 2L));
        await ingress.StopAsync(default);
        (await BrokerUser.QueueNamesAsync(door.Broker)).ShouldNotContain(q => q.Contains("made"));
        await using var ours = await door.Connection.OpenChannelAsync(confirms: false, default);
        (await ours.MessageCountAsync(Queues.NodesIngress)).ShouldBe(0u);
        (await ours.MessageCountAsync(Queues.Saga[0])).ShouldBe(0u);
    }

    private RabbitMqNodeIngress Ingress(INodeIngress heard) =>
        new(door.Connection, heard, new IngressClock(), TimeProvider.System, NullLogger<RabbitMqNodeIngress>.Instance);

    private Task PublishAsync(IChannel channel, string exchange, string key, string? user = null)
    {
        var properties = new BasicProperties();
        if (user is not null)
        {
            properties.UserId = user;
        }

        return channel.BasicPublishAsync(exchange, key, mandatory: true, properties, JsonSerializer.SerializeToUtf8Bytes<NodeMessage>(new Beat(1, []), ContractJson.Options)).AsTask();
    }

    private async Task RefusedAsync(NodeId node, string password, string why) =>
        (await Should.ThrowAsync<BrokerUnreachableException>(() => door.ConnectAsync(node, password), why)).InnerException.ShouldBeOfType<AuthenticationFailureException>(why);

    /// <summary>What the broker closed the channel with; 0: it did what was asked.</summary>
    private async Task<int> CodeOfAsync(Func<IChannel, Task> work)
    {
        await using var channel = await _connection.CreateChannelAsync(new CreateChannelOptions(true, true));
        try
        {
            await work(channel);
            return 0;
        }
        catch (Exception)
        {
            await Eventually.IsTrueAsync(() => channel.CloseReason is not null, "the broker's reason", seconds: 10);
            return channel.CloseReason!.ReplyCode;
        }
    }

    private sealed class AsyncDefaultConsumer(IChannel channel) : AsyncDefaultBasicConsumer(channel);

    /// <summary>Beats, by who said them.</summary>
    private sealed class Heard : INodeIngress
    {
        public System.Collections.Concurrent.ConcurrentBag<(NodeId Node, long At)> All { get; } = [];

        public Task AcceptAsync(NodeId sender, NodeMessage message, CancellationToken cancellationToken)
        {
            if (message is Beat { Leases.Count: 0 } beat)
            {
                All.Add((sender, beat.At));
            }

            return Task.CompletedTask;
        }
    }
}
