using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using Hypernode.Bench.Stack;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Host.Chain;
using Hypernode.Host.Live;
using Hypernode.Host.Messaging.Adapters.RabbitMq;
using Hypernode.Solana;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Hypernode.Host.Tests.Live;

/// <summary>
/// Two API hosts of the product on one PostgreSQL and one RabbitMQ, and a third process's part, the saga's journal and the ingress's
/// evidence, that moves what they show. They look by themselves so seldom that what comes in time came by a hint over the broker.
/// </summary>
[Trait("Needs", "rabbitmq")]
[Trait("Needs", "postgres")]
public sealed class LiveHostsTests : IAsyncLifetime
{
    private const string Image = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly string _folder = Directory.CreateTempSubdirectory("hypernode-live-").FullName;
    private readonly Account _payer = new();
    private TestDatabase _database = null!;
    private string _broker = "";
    private RabbitMqConnection _connection = null!;
    private RabbitMqHints _hints = null!;

    public async Task InitializeAsync()
    {
        _database = await TestDatabase.CreateAsync();
        _broker = await BrokerUser.MakeVirtualHostAsync();
        _connection = new RabbitMqConnection(Options.Create(new RabbitMqOptions { Uri = _broker }));
        await using (var channel = await _connection.OpenChannelAsync(confirms: false, CancellationToken.None))
        {
            await RabbitMqTopology.DeclareAsync(channel, CancellationToken.None);
        }

        _hints = new RabbitMqHints(_connection, TimeProvider.System, NullLogger<RabbitMqHints>.Instance, listens: false);
        await _hints.StartAsync(CancellationToken.None);
    }

    public async Task DisposeAsync()
    {
        await _hints.StopAsync(CancellationToken.None);
        _hints.Dispose();
        await _connection.DisposeAsync();
        await _database.DisposeAsync();
        await BrokerUser.DropVirtualHostAsync(_broker);
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_host_that_goes_down_while_events_flow_loses_none_and_another_goes_on_with_the_next_number(bool gracefully)
    {
        const int Chunks = 400;
        await using var first = await ApiAsync();
        await using var second = await ApiAsync();
        var token = await SignInAsync(first);
        var job = await SubmitAsync(first);
        var evidence = new HintingEvidence(_database.Services.GetRequiredService<IEvidence>(), _hints);
        var journal = new HintingJournal(_database.Services.GetRequiredService<ISagaJournal>(), _hints);
        using var logs = await ConnectAsync(first, token, $"logs:{job}", 0);
        using var states = await ConnectAsync(second, token, $"job:{job}", 0);
        var writing = Task.Run(async () =>
        {
            for (var chunk = 0; chunk < Chunks; chunk++)
            {
                await evidence.AddLogsAsync([new LogChunk(job, 1, chunk, "stdout", 1, "line\n"u8.ToArray(), default)], TimeProvider.System.GetUtcNow(), CancellationToken.None);
                if (chunk % 100 == 0)
                {
                    var row = new JobRow(job, JobStateNames.Executing, chunk / 100, "{}", [new StateEntered(JobStateNames.Executing, "Test", 1)], 1, null, null, null, null, null, null, null, []);
                    (await journal.CommitAsync([new SagaCommit(Guid.NewGuid(), [], TimeProvider.System.GetUtcNow(), row, [], [], null)], [], CancellationToken.None))
                        .ShouldBe([CommitResult.Committed]);
                }
            }
        });

        var seen = await ReadAsync(logs, until: 100);
        var stopping = gracefully ? first.StopAsync() : first.DisposeAsync().AsTask();
        seen.AddRange(await ReadAsync(logs, until: Chunks));
        logs.CloseStatus.ShouldBe(gracefully ? WebSocketCloseStatus.EndpointUnavailable : null);
        await stopping;
        using var resumed = await ConnectAsync(second, token, $"logs:{job}", seen[^1]);
        seen.AddRange(await ReadAsync(resumed, until: Chunks - seen.Count));
        await writing;

        seen.ShouldBe(Enumerable.Range(0, Chunks).Select(chunk => (1L << 32) + chunk + 1));
        (await ReadAsync(states, until: 5)).ShouldBe([1, 2, 3, 4, 5]); // Submitted, and four transitions
    }

    private async Task<WebApplication> ApiAsync()
    {
        var options = new HostOptions { Roles = "api", Url = "http://127.0.0.1:0", DataPath = _folder, Transport = BusTransport.RabbitMq };
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        foreach (var (key, value) in new Dictionary<string, string?>
        {
            ["Hypernode:Host:Roles"] = "api",
            ["Hypernode:Host:DataPath"] = _folder,
            ["Hypernode:Host:Transport"] = "RabbitMq",
            ["Hypernode:RabbitMq:Uri"] = _broker,
            ["Hypernode:Storage:Provider"] = "postgres",
            ["Hypernode:Storage:ConnectionString"] = _database.ConnectionString,
            ["Hypernode:Live:PollMilliseconds"] = "600000",
        })
        {
            builder.Configuration[key] = value;
        }

        builder.AddHypernodeHost(options, services =>
        {
            services.AddOptions<LoadOptions>().BindConfiguration(LoadOptions.Section);
            services.AddSingleton<SimulatedChain>();
            services.AddSingleton<IEscrow>(p => p.GetRequiredService<SimulatedChain>());
            services.AddSingleton<ITombstones>(p => p.GetRequiredService<SimulatedChain>());
            services.AddSingleton<IChainSetup>(p => p.GetRequiredService<SimulatedChain>());
        });
        var app = builder.Build();
        await app.PrepareAsync(options, CancellationToken.None);
        app.MapHypernodeHost(options);
        await app.StartAsync();
        return app;
    }

    private static async Task<ClientWebSocket> ConnectAsync(WebApplication host, string token, string channel, long since)
    {
        var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Authorization", $"Bearer {token}");
        await socket.ConnectAsync(new UriBuilder(host.Urls.Single()) { Scheme = "ws", Path = "/ws" }.Uri, CancellationToken.None).WaitAsync(Patience);
        await socket.SendAsync(
            Encoding.UTF8.GetBytes(new JsonObject { ["type"] = "subscribe", ["channel"] = channel, ["since"] = since }.ToJsonString()), WebSocketMessageType.Text, true, CancellationToken.None);
        return socket;
    }

    /// <summary>The numbers of so many events, or of those up to the close or the break.</summary>
    private static async Task<List<long>> ReadAsync(ClientWebSocket socket, int until)
    {
        var numbers = new List<long>();
        try
        {
            await ReadAsync(socket, until, numbers);
        }
        catch (WebSocketException)
        {
            // The host is gone.
        }

        return numbers;
    }

    private static async Task ReadAsync(ClientWebSocket socket, int until, List<long> numbers)
    {
        var buffer = new byte[65_536];
        while (numbers.Count < until)
        {
            var length = 0;
            WebSocketReceiveResult got;
            do
            {
                got = await socket.ReceiveAsync(new ArraySegment<byte>(buffer, length, buffer.Length - length), CancellationToken.None).WaitAsync(Patience);
                length += got.Count;
            }
            while (!got.EndOfMessage);
            if (got.MessageType == WebSocketMessageType.Close)
            {
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
                return;
            }

            var message = JsonNode.Parse(buffer.AsSpan(0, length))!;
            if (message["event"]!.GetValue<string>() is "job_log" or "job_status_update")
            {
                numbers.Add(message["seq"]!.GetValue<long>());
            }
        }
    }

    private async Task<string> SignInAsync(WebApplication host)
    {
        var text = (await PostAsync(host, "/api/auth/challenge", new JsonObject { ["wallet"] = _payer.PublicKey.Key }))["challenge"]!.GetValue<string>();
        var login = await PostAsync(host, "/api/auth/login", new JsonObject { ["wallet"] = _payer.PublicKey.Key, ["challenge"] = text, ["signature"] = Sign(text) });
        return login["token"]!.GetValue<string>();
    }

    private async Task<JobId> SubmitAsync(WebApplication host)
    {
        var job = new JsonObject
        {
            ["type"] = "custom",
            ["image"] = Image,
            ["script"] = "true",
            ["limits"] = new JsonObject { ["cpuMillis"] = 1_000, ["memoryMb"] = 256 },
            ["estimatedTime"] = 30,
            ["network"] = "none",
        };
        var prepared = await PostAsync(host, "/api/facilitator/prepare-intent", new JsonObject { ["client"] = _payer.PublicKey.Key, ["amount"] = "2.5", ["job"] = job.DeepClone() });
        var submitted = await PostAsync(host, "/api/facilitator/submit-job", new JsonObject
        {
            ["paymentIntent"] = prepared["paymentIntent"]!.DeepClone(),
            ["signature"] = Sign(prepared["text"]!.GetValue<string>()),
            ["publicKey"] = _payer.PublicKey.Key,
            ["job"] = job,
            ["reveal"] = prepared["reveal"]!.DeepClone(),
        });
        return JobId.Parse(submitted["jobId"]!.GetValue<string>());
    }

    private static async Task<JsonNode> PostAsync(WebApplication host, string path, JsonNode body)
    {
        using var http = new HttpClient { BaseAddress = new Uri(host.Urls.Single()) };
        var answer = await http.PostAsJsonAsync(path, body);
        answer.IsSuccessStatusCode.ShouldBeTrue(await answer.Content.ReadAsStringAsync());
        return JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
    }

    private string Sign(string text) => Contracts.Text.Base58.Encode(_payer.Sign(Encoding.UTF8.GetBytes(text)));
}
