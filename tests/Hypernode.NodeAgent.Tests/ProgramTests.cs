using System.Diagnostics;
using System.Text.Json;
using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Text;
using Hypernode.Contracts.Topology;
using Hypernode.NodeAgent.Tests.Fakes;
using Hypernode.Solana;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Hypernode.NodeAgent.Tests;

/// <summary>The program itself, as a provider runs it: broker, engine, files, and SIGKILL.</summary>
[Trait("Needs", "docker")]
[Trait("Needs", "rabbitmq")]
public sealed class ProgramTests(JobImage image) : IClassFixture<JobImage>, IDisposable
{
    private readonly TestKit _kit = new();

    public void Dispose() => _kit.Dispose();

    [Fact]
    public async Task A_killed_program_finishes_its_job_when_it_is_started_again()
    {
        var broker = new Uri(Environment.GetEnvironmentVariable("HYPERNODE_TEST_RABBITMQ")
            ?? throw new InvalidOperationException("HYPERNODE_TEST_RABBITMQ is not set"));
        await using var door = await BrokerDoor.OpenAsync();
        var queue = Queues.Node(_kit.Node);
        await using var connection = await new ConnectionFactory { Uri = broker }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync();
        await channel.QueueDeclareAsync(queue, durable: true, exclusive: false, autoDelete: false);
        await channel.ExchangeDeclareAsync(Queues.NodesIngress, ExchangeType.Topic, durable: true);
        var ingress = (await channel.QueueDeclareAsync()).QueueName;
        await channel.QueueBindAsync(ingress, Queues.NodesIngress, $"{queue}.#");
        await ListenAsync(channel, ingress);

        var config = WriteConfig(broker);
        var command = Command("i=0; while [ $i -lt 25 ]; do echo $i; i=$((i+1)); sleep 0.1; done; echo fine > /out/fine");
        await channel.BasicPublishAsync("", queue, JsonSerializer.SerializeToUtf8Bytes<NodeCommand>(command, ContractJson.Options));
        using (var first = Start(config))
        {
            await Wait.UntilAsync(() => _kit.Link.Text("stdout").Contains("5\n", StringComparison.Ordinal), 40);
            first.Kill();
            await first.WaitForExitAsync();
        }

        using var second = Start(config);
        try
        {
            var reported = await _kit.Link.WaitForAsync<AttemptReported>(seconds: 40);
            reported.Receipt.ExitCode.ShouldBe(0);
            reported.Receipt.LogRoot.ShouldBe(_kit.Link.StoredChunks()[^1].Hash);
            _kit.Link.Text("stdout").ShouldBe(string.Concat(Enumerable.Range(0, 25).Select(i => $"{i}\n")));
            var stored = reported.Receipt.Artifacts.Single().Sha256.ToString();
            File.ReadAllText(Path.Combine(_kit.Folder, "blobs", stored[..2], stored[2..4], stored)).ShouldBe("fine\n");
            (await channel.QueueDeclarePassiveAsync(queue)).MessageCount.ShouldBe(0u);

            // Each start made a password of its own.
            door.Passwords.All(p => BrokerToken.TryParse(p, out _)).ShouldBeTrue();
            door.Passwords.Distinct().Count().ShouldBeGreaterThanOrEqualTo(2);
        }
        finally
        {
            // Kindly: it takes its container and its mount away before it goes.
            using var term = Process.Start("kill", ["-TERM", second.Id.ToString()]);
            await second.WaitForExitAsync();
            await channel.QueueDeleteAsync(queue);
        }
    }

    [Fact]
    public async Task A_configuration_that_can_not_work_ends_the_program_with_the_reason()
    {
        var config = Path.Combine(_kit.Folder, "agent.json");
        File.WriteAllText(config, """{ "Hypernode": { "Agent": { "NodeId": "x", "DataFolder": "x", "Runtime": "Process" } } }""");
        using var agent = Start(config);
        var said = await agent.StandardOutput.ReadToEndAsync() + await agent.StandardError.ReadToEndAsync();
        await agent.WaitForExitAsync();

        agent.ExitCode.ShouldBe(2);
        said.ShouldContain("NodeId is not a lower-case UUID");
        said.ShouldContain("AllowUnsandboxed");
    }

    private ExecuteJob Command(string script) => _kit.Execute(
        new JobSpec(JobType.Custom, image.Id, new JobLimits(500, 64, OutputMb: 4), 5, Script: script), TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds());

    private string WriteConfig(Uri broker)
    {
        var key = Path.Combine(_kit.Folder, "node.json");
        using (KeyFile.LoadOrCreate(key))
        {
        }

        var config = Path.Combine(_kit.Folder, "agent.json");
        var agent = new
        {
            NodeId = _kit.Node.ToString(),
            DataFolder = Path.Combine(_kit.Folder, "data"),
            BlobFolder = Path.Combine(_kit.Folder, "blobs"),
            KeyFile = key,
            Broker = $"amqp://{broker.Authority}/",
        };
        File.WriteAllText(config, JsonSerializer.Serialize(new { Hypernode = new { Agent = agent } }));
        return config;
    }

    private async Task ListenAsync(IChannel channel, string ingress)
    {
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += (_, got) =>
            _kit.Link.SendAsync(JsonSerializer.Deserialize<NodeMessage>(got.Body.Span, ContractJson.Options)!, default);
        await channel.BasicConsumeAsync(ingress, autoAck: true, consumer);
    }

    private static Process Start(string config)
    {
        var program = Path.Combine(JobImage.Root(), "Hypernode.NodeAgent", "bin", Configuration(), "net10.0", "hypernode-agent.dll");
        var start = new ProcessStartInfo("dotnet", [program, "--config", config, "--plain"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        return Process.Start(start)!;
    }

    /// <summary>Debug or Release, as the tests themselves were built.</summary>
    private static string Configuration() => new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
}
