using System.Diagnostics;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Topology;
using Hypernode.Host.Messaging.Adapters.RabbitMq;
using Hypernode.Workers.Nodes;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;

namespace Hypernode.Host.Tests.Access;

/// <summary>What becomes of a node's open connection, and of its way back, when its right to work is taken away.</summary>
[Collection(NodeDoorCollection.Name)]
[Trait("Needs", "rabbitmq")]
[Trait("Needs", "postgres")]
public sealed class RevocationAtTheBrokerTests(NodeDoor door) : IAsyncLifetime
{
    private RabbitMqNodeConnections _connections = null!;
    private TestNode _node = null!;

    public async Task InitializeAsync()
    {
        _connections = new RabbitMqNodeConnections(Microsoft.Extensions.Options.Options.Create(door.Options));
        _node = await door.RegisterAsync();
    }

    public Task DisposeAsync()
    {
        _connections.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task A_slashed_nodes_open_connection_is_closed_its_consumer_ends_and_another_nodes_stays()
    {
        var other = await door.RegisterAsync();
        await using var stays = await door.ConnectAsync(other);
        await using var connection = await door.ConnectAsync(_node);
        await using var channel = await connection.CreateChannelAsync();
        var ended = new TaskCompletionSource<ushort>();
        connection.ConnectionShutdownAsync += (_, e) =>
        {
            ended.TrySetResult(e.ReplyCode);
            return Task.CompletedTask;
        };
        await channel.BasicConsumeAsync(_node.Name, autoAck: true, new AsyncEventingBasicConsumer(channel));

        (await door.Standings.RevokeAsync(_node.Id, NodeStatus.Slashed, RevokedBy.Chain, "test", DateTimeOffset.UtcNow, default)).ShouldBeTrue();
        await SweepUntilClosedAsync(ended.Task);

        (await ended.Task).ShouldBe((ushort)320, "CONNECTION_FORCED");
        channel.IsOpen.ShouldBeFalse();
        stays.IsOpen.ShouldBeTrue();
        await ReconnectIsRefusedAsync();

        // And free again when the chain says so.
        (await door.Standings.RestoreAsync(_node.Id, RevokedBy.Chain, default)).ShouldBeTrue();
        await Eventually.IsTrueAsync(() => GetsInAsync(_node.Password()), "the node is let in again");
    }

    [Fact]
    public async Task The_brokers_memory_may_let_a_revoked_node_in_again_for_seconds_and_the_next_look_throws_it_out()
    {
        // The same password as a moment ago: the broker need not ask. It remembers for three seconds.
        var password = _node.Password();
        await using (var before = await door.ConnectAsync(_node.Id, password))
        {
            await using var channel = await before.CreateChannelAsync();
        }

        await door.Standings.RevokeAsync(_node.Id, NodeStatus.Jailed, RevokedBy.Operator, "test", DateTimeOffset.UtcNow, default);
        await using var again = await door.ConnectAsync(_node.Id, password);
        var ended = new TaskCompletionSource<ushort>();
        again.ConnectionShutdownAsync += (_, e) =>
        {
            ended.TrySetResult(e.ReplyCode);
            return Task.CompletedTask;
        };
        await SweepUntilClosedAsync(ended.Task);
        await ReconnectIsRefusedAsync(password);
    }

    [Fact]
    public async Task What_a_revoked_node_says_over_a_connection_that_is_still_open_is_dropped()
    {
        await using var connection = await door.ConnectAsync(_node);
        await using var channel = await connection.CreateChannelAsync(new CreateChannelOptions(true, true));
        var beat = """{"kind":"beat","at":1,"leases":[]}"""u8.ToArray();
        var nodes = door.Nodes;
        var standings = new RevokedNodes(door.Standings, TimeProvider.System);
        var ingress = new NodeIngress(
            nodes, new LeaseHolders(nodes, TimeProvider.System), standings, null!, new KeysAlone(), null!, TimeProvider.System, NullLogger<NodeIngress>.Instance);
        using var reader = new RabbitMqNodeIngress(door.Connection, ingress, new IngressClock(), TimeProvider.System, NullLogger<RabbitMqNodeIngress>.Instance);

        // The channel remembers what it may do, up to a minute: neither a revocation nor the broker's own cache changes that.
        await SayAsync();
        await door.Standings.RevokeAsync(_node.Id, NodeStatus.Jailed, RevokedBy.Operator, "test", DateTimeOffset.UtcNow, default);
        await SayAsync();
        await reader.StartAsync(default);

        await using var ours = await door.Connection.OpenChannelAsync(confirms: false, default);
        await Eventually.IsTrueAsync(async () => await ours.MessageCountAsync(Queues.NodesIngress) == 0, "it is taken from the queue");
        await reader.StopAsync(default);
        (await nodes.FindAsync(_node.Id, default))!.LastSeenAt.ShouldBeNull();

        async Task SayAsync() => await channel.BasicPublishAsync(Queues.NodesIngress, $"{_node.Name}.beat", true, new BasicProperties { UserId = _node.Name }, beat);
    }

    [Fact]
    public async Task An_operators_command_revokes_closes_and_restores()
    {
        await using var connection = await door.ConnectAsync(_node);
        await Eventually.IsTrueAsync(async () => (await _connections.ListAsync(default)).Any(c => c.NodeId == _node.Id), "the broker lists it");
        var id = _node.Id.ToString();

        var (code, said) = await CommandAsync(["revoke", id], "lies about its GPUs");
        (code, said.Contains("\"Jailed\"") || said.Contains("\"jailed\"")).ShouldBe((0, true), said);
        await Eventually.IsTrueAsync(() => !connection.IsOpen, "its connection is closed");
        (await CommandAsync(["list"])).Said.ShouldContain("lies about its GPUs");
        await ReconnectIsRefusedAsync();

        (await CommandAsync(["restore", id])).Code.ShouldBe(0);
        (await CommandAsync(["restore", id])).Code.ShouldBe(1, "nothing was left to restore");
        (await door.Nodes.FindAsync(_node.Id, default))!.Status.ShouldBe(NodeStatus.Offline);
        await Should.ThrowAsync<ArgumentException>(() => CommandAsync(["revoke", id]));
        await Should.ThrowAsync<ArgumentException>(() => CommandAsync(["revoke", "x"], "test"));
    }

    private async Task<(int Code, string Said)> CommandAsync(string[] words, string? reason = null)
    {
        var settings = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Hypernode:Host:Transport"] = "RabbitMq",
            ["Hypernode:RabbitMq:Uri"] = door.Options.Uri,
            ["Hypernode:RabbitMq:ManagementUri"] = door.Options.ManagementUri,
            ["Hypernode:Storage:Provider"] = "postgres",
            ["Hypernode:Storage:ConnectionString"] = door.Database.ConnectionString,
        }).Build();
        await using var said = new StringWriter();
        return (await NodeStandingCommand.RunAsync(words, reason, settings, said, default), said.ToString());
    }

    /// <summary>As Quartz does it every few seconds: the broker lists a fresh connection after a moment.</summary>
    private async Task SweepUntilClosedAsync(Task ended)
    {
        var sweep = new ConnectionSweep(door.Standings, _connections, NullLogger<ConnectionSweep>.Instance);
        await Eventually.IsTrueAsync(
            async () =>
            {
                await sweep.RunOnceAsync(default);
                return ended.IsCompleted;
            },
            "its connection is closed");
    }

    /// <summary>At the latest when the broker has forgotten its last answer.</summary>
    private async Task ReconnectIsRefusedAsync(string? password = null)
    {
        var since = Stopwatch.StartNew();
        await Eventually.IsTrueAsync(async () => !await GetsInAsync(password ?? _node.Password()), "the node is refused");
        since.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(8));
    }

    private async Task<bool> GetsInAsync(string password)
    {
        try
        {
            await using var connection = await door.ConnectAsync(_node.Id, password);
            await using var channel = await connection.CreateChannelAsync();
            return true;
        }
        catch (Exception e) when (e is BrokerUnreachableException or OperationInterruptedException)
        {
            return false;
        }
    }
}
