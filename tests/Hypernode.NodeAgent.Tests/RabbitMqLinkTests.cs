using System.Collections.Concurrent;
using System.Text.Json;
using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Text;
using Hypernode.Contracts.Topology;
using Hypernode.NodeAgent.Adapters.RabbitMq;
using Hypernode.NodeAgent.Tests.Fakes;
using Microsoft.Extensions.Logging.Abstractions;
using RabbitMQ.Client;

namespace Hypernode.NodeAgent.Tests;

/// <summary>The link on a real broker. HYPERNODE_TEST_RABBITMQ says where it is; objects are declared by the test, as the control plane does.</summary>
[Trait("Needs", "rabbitmq")]
public sealed class RabbitMqLinkTests : IAsyncLifetime, IDisposable
{
    private readonly TestKit _kit = new();
    private readonly string _ingress = $"test.ingress.{TestKit.NewId():N}";
    private IConnection _connection = null!;
    private IChannel _channel = null!;

    private static Uri Broker => new(Environment.GetEnvironmentVariable("HYPERNODE_TEST_RABBITMQ")
        ?? throw new InvalidOperationException("HYPERNODE_TEST_RABBITMQ is not set: the amqp uri of a broker for tests"));

    private string Queue => Queues.Node(_kit.Node);

    public async Task InitializeAsync()
    {
        _connection = await new ConnectionFactory { Uri = Broker }.CreateConnectionAsync();
        _channel = await _connection.CreateChannelAsync();
        await _channel.QueueDeclareAsync(Queue, durable: true, exclusive: false, autoDelete: false);
        await _channel.ExchangeDeclareAsync(Queues.NodesIngress, ExchangeType.Topic, durable: true);
        await _channel.QueueDeclareAsync(_ingress, durable: false, exclusive: true, autoDelete: true);
        await _channel.QueueBindAsync(_ingress, Queues.NodesIngress, $"{Queue}.#");
    }

    public async Task DisposeAsync()
    {
        await _channel.QueueDeleteAsync(Queue);
        await _connection.DisposeAsync();
    }

    public void Dispose() => _kit.Dispose();

    [Fact]
    public async Task What_the_agent_says_arrives_persistent_with_its_user_its_kind_and_an_id()
    {
        await using var link = Link();
        await link.SendAsync(new Beat(42, []), default);
        var got = await TakeAsync();

        got.RoutingKey.ShouldBe($"{Queue}.beat");
        got.BasicProperties.UserId.ShouldBe(new ConnectionFactory { Uri = Broker }.UserName);
        got.BasicProperties.DeliveryMode.ShouldBe(DeliveryModes.Persistent);
        Guid.TryParse(got.BasicProperties.MessageId, out _).ShouldBeTrue();
        JsonSerializer.Deserialize<NodeMessage>(got.Body.Span, ContractJson.Options).ShouldBeOfType<Beat>().At.ShouldBe(42);
    }

    [Fact]
    public async Task What_is_said_while_a_message_is_under_way_goes_together_with_the_next_in_order()
    {
        await using var link = Link();
        await Task.WhenAll(Enumerable.Range(0, 40).Select(i => link.SendAsync(new Beat(i, []), default)));

        var said = new List<long>();
        var messages = 0;
        for (; said.Count < 40; messages++)
        {
            var got = await TakeAsync();
            var message = JsonSerializer.Deserialize<NodeMessage>(got.Body.Span, ContractJson.Options);
            got.RoutingKey.ShouldBe($"{Queue}.{(message is NodeBundle ? "bundle" : "beat")}");
            said.AddRange((message is NodeBundle bundle ? bundle.Messages : [message]).Select(m => ((Beat)m!).At));
        }

        said.ShouldBe(Enumerable.Range(0, 40).Select(i => (long)i));
        messages.ShouldBeLessThan(10);
    }

    [Fact]
    public async Task All_that_went_together_is_kept_when_nobody_would_get_it_and_one_that_gave_up_is_not_sent()
    {
        await _channel.QueueUnbindAsync(_ingress, Queues.NodesIngress, $"{Queue}.#");
        await using var link = Link();
        var sending = Enumerable.Range(0, 5).Select(i => link.SendAsync(new Beat(i, []), default)).ToList();
        using var over = new CancellationTokenSource();
        var given = link.SendAsync(new Beat(99, []), over.Token);
        await over.CancelAsync();

        foreach (var send in sending.Append(given))
        {
            await Should.ThrowAsync<Exception>(() => send);
        }

        await _channel.QueueBindAsync(_ingress, Queues.NodesIngress, $"{Queue}.#");
        await link.SendAsync(new Beat(7, []), default);
        JsonSerializer.Deserialize<NodeMessage>((await TakeAsync()).Body.Span, ContractJson.Options).ShouldBeOfType<Beat>().At.ShouldBe(7);
    }

    [Fact]
    public async Task A_message_that_nobody_would_get_is_not_taken_for_sent()
    {
        await _channel.QueueUnbindAsync(_ingress, Queues.NodesIngress, $"{Queue}.#");
        await using var link = Link();

        await Should.ThrowAsync<Exception>(() => link.SendAsync(new Beat(1, []), default));
    }

    [Fact]
    public async Task A_command_is_acknowledged_only_when_it_was_taken_and_comes_again_otherwise()
    {
        await using var link = Link();
        var tries = new ConcurrentQueue<NodeCommand>();
        using var stop = new CancellationTokenSource();
        var listening = link.ListenAsync(
            (command, _) =>
            {
                tries.Enqueue(command);
                return tries.Count == 1 ? throw new IOException("the disk is full") : Task.CompletedTask;
            },
            stop.Token);
        var command = Command();
        await PublishAsync(JsonSerializer.SerializeToUtf8Bytes<NodeCommand>(command, ContractJson.Options));

        await Wait.UntilAsync(() => tries.Count == 2);
        tries.ShouldAllBe(c => ((ExecuteJob)c).JobId == command.JobId);
        await EndAsync(stop, listening);
        (await _channel.QueueDeclarePassiveAsync(Queue)).MessageCount.ShouldBe(0u);
    }

    [Fact]
    public async Task A_command_that_can_not_be_read_blocks_nothing()
    {
        await using var link = Link();
        var taken = new ConcurrentQueue<NodeCommand>();
        using var stop = new CancellationTokenSource();
        var listening = link.ListenAsync((command, _) => Taken(taken, command), stop.Token);
        await PublishAsync("{\"kind\":\"dance\"}"u8.ToArray());
        await PublishAsync("nonsense"u8.ToArray());
        await PublishAsync(JsonSerializer.SerializeToUtf8Bytes<NodeCommand>(new StopJob(Command().JobId, _kit.Node, 1, new string('x', 1024 * 1024)), ContractJson.Options));
        await PublishAsync(JsonSerializer.SerializeToUtf8Bytes<NodeCommand>(Command(), ContractJson.Options));

        await Wait.UntilAsync(() => taken.Count == 1);
        await EndAsync(stop, listening);
        (await _channel.QueueDeclarePassiveAsync(Queue)).MessageCount.ShouldBe(0u);
    }

    [Fact]
    public async Task A_queue_that_goes_and_comes_again_is_read_again()
    {
        await using var link = Link();
        var taken = new ConcurrentQueue<NodeCommand>();
        using var stop = new CancellationTokenSource();
        var listening = link.ListenAsync((command, _) => Taken(taken, command), stop.Token);
        var json = JsonSerializer.SerializeToUtf8Bytes<NodeCommand>(Command(), ContractJson.Options);
        await PublishAsync(json);
        await Wait.UntilAsync(() => taken.Count == 1);

        // The broker cancels the consumer, as it does when a node of the cluster goes.
        await _channel.QueueDeleteAsync(Queue);
        await _channel.QueueDeclareAsync(Queue, durable: true, exclusive: false, autoDelete: false);
        await PublishAsync(json);
        await Wait.UntilAsync(() => taken.Count == 2);
        await EndAsync(stop, listening);
    }

    [Fact]
    public async Task A_disk_that_is_full_for_a_while_sends_no_command_to_the_dead_letters()
    {
        var limits = new Dictionary<string, object?> { ["x-queue-type"] = "quorum", ["x-delivery-limit"] = 2 };
        await _channel.QueueDeleteAsync(Queue);
        await _channel.QueueDeclareAsync(Queue, durable: true, exclusive: false, autoDelete: false, limits);
        var time = new FakeTime();
        await using var link = Link(time);
        var tries = 0;
        using var stop = new CancellationTokenSource();
        var listening = link.ListenAsync((_, _) => Interlocked.Increment(ref tries) <= 10 ? throw new IOException("the disk is full") : Task.CompletedTask, stop.Token);
        await PublishAsync(JsonSerializer.SerializeToUtf8Bytes<NodeCommand>(Command(), ContractJson.Options));

        await Wait.UntilAsync(() => tries == 1);
        await time.AdvanceUntilAsync(() => tries == 11, TimeSpan.FromMinutes(2));
        await EndAsync(stop, listening);
    }

    [Fact]
    public async Task A_command_in_hand_is_let_go_when_the_connection_closes()
    {
        await using var link = Link();
        var tried = new TaskCompletionSource();
        var letGo = new TaskCompletionSource();
        using var stop = new CancellationTokenSource();
        var listening = link.ListenAsync(
            (_, token) =>
            {
                token.Register(() => letGo.TrySetResult());
                tried.TrySetResult();
                throw new IOException("the disk is full");
            },
            stop.Token);
        await PublishAsync(JsonSerializer.SerializeToUtf8Bytes<NodeCommand>(Command(), ContractJson.Options));
        await tried.Task;
        await link.DisposeAsync();

        await letGo.Task.WaitAsync(TimeSpan.FromSeconds(10), TimeProvider.System);
        (await _channel.BasicGetAsync(Queue, autoAck: true))!.Redelivered.ShouldBeTrue();
        await EndAsync(stop, listening);
    }

    private RabbitMqAgentLink Link(TimeProvider? time = null) => new(Broker, _kit.Node, new Administrator(), time ?? TimeProvider.System, NullLogger<RabbitMqAgentLink>.Instance);

    private ExecuteJob Command() => _kit.Execute(
        new JobSpec(JobType.Custom, "sha256:" + new string('1', 64), new JobLimits(1_000, 64), 5, Script: "true"), 0);

    private async Task PublishAsync(byte[] body) => await _channel.BasicPublishAsync("", Queue, body);

    private async Task<BasicGetResult> TakeAsync()
    {
        BasicGetResult? got = null;
        for (var i = 0; i < 500 && got is null; i++)
        {
            got = await _channel.BasicGetAsync(_ingress, autoAck: true);
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        }

        return got ?? throw new TimeoutException("nothing came");
    }

    private static Task Taken(ConcurrentQueue<NodeCommand> taken, NodeCommand command)
    {
        taken.Enqueue(command);
        return Task.CompletedTask;
    }

    /// <summary>The broker's own user, which it knows without asking anybody: what a node may do is not the matter here.</summary>
    private sealed class Administrator : IBrokerLogin
    {
        private readonly ConnectionFactory _known = new() { Uri = Broker };

        public string User => _known.UserName;

        public string NewPassword() => _known.Password;
    }

    private static async Task EndAsync(CancellationTokenSource stop, Task listening)
    {
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => listening);
    }
}
