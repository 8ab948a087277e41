using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Hypernode.Api;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;
using Hypernode.Host.Adapters;
using Hypernode.Host.Live;
using Hypernode.Host.Messaging.Adapters.RabbitMq;
using Hypernode.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RabbitMQ.Client;

namespace Hypernode.Host.Tests.Access;

/// <summary>
/// The API's own routes over the real storage, where the test broker asks about nodes, on a virtual host and a database of their
/// own. One suite at a time has that port; another waits for it.
/// </summary>
public sealed class NodeDoor : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private readonly string _folder = Directory.CreateTempSubdirectory("hypernode-door-").FullName;
    private WebApplication? _api;

    /// <summary>With the administrator's credentials.</summary>
    public string Broker { get; private set; } = "";

    internal TestDatabase Database { get; private set; } = null!;

    internal RabbitMqConnection Connection { get; private set; } = null!;

    internal INodeDirectory Nodes => Database.Services.GetRequiredService<INodeDirectory>();

    internal INodeStandings Standings => Database.Services.GetRequiredService<INodeStandings>();

    internal RabbitMqOptions Options => new()
    {
        Uri = Broker,
        ManagementUri = Environment.GetEnvironmentVariable("HYPERNODE_RABBITMQ_MANAGEMENT")!,
    };

    /// <summary>As nodes get it.</summary>
    public Uri NodeBroker => new($"amqp://{new Uri(Broker).Authority}{new Uri(Broker).AbsolutePath}");

    private static Uri Auth => new(Environment.GetEnvironmentVariable("HYPERNODE_TEST_BROKER_AUTH")
        ?? throw new InvalidOperationException("HYPERNODE_TEST_BROKER_AUTH is not set: eng/services.sh says it"));

    public async Task InitializeAsync()
    {
        Broker = await BrokerUser.MakeVirtualHostAsync();
        Database = await TestDatabase.CreateAsync();
        Connection = new RabbitMqConnection(Microsoft.Extensions.Options.Options.Create(Options));
        await using var channel = await Connection.OpenChannelAsync(confirms: false, CancellationToken.None);
        await RabbitMqTopology.DeclareAsync(channel, CancellationToken.None);
        await OpenAsync();
    }

    public async Task DisposeAsync()
    {
        await CloseAsync();
        await Connection.DisposeAsync();
        await BrokerUser.DropVirtualHostAsync(Broker);
        await Database.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>The API starts, on the port that the broker was told.</summary>
    public async Task OpenAsync()
    {
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var api = Compose();
            try
            {
                await api.StartAsync();
                _api = api;
                return;
            }
            catch (IOException) when (TimeProvider.System.GetElapsedTime(started) < Patience)
            {
                await api.DisposeAsync(); // another suite has the port
                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
            }
        }
    }

    /// <summary>The API is down.</summary>
    public async Task CloseAsync()
    {
        if (_api is { } api)
        {
            _api = null;
            await api.DisposeAsync();
        }
    }

    /// <summary>A stranger's machine becomes a node, by the API's own route.</summary>
    public async Task<TestNode> RegisterAsync()
    {
        var node = TestNode.Create();
        var registration = node.Registration(TimeProvider.System.GetUtcNow());
        var text = registration.ToSigningText(KeysAlone.Network);
        var body = System.Text.Json.JsonSerializer.SerializeToNode(registration, ContractJson.Options)!.AsObject();
        (body["nodeSignature"], body["authoritySignature"]) = (node.Sign(text), node.SignAsAuthority(text));
        using var http = new HttpClient { BaseAddress = new Uri($"http://{Auth.Authority}") };
        using var answer = await http.PostAsJsonAsync("/api/facilitator/register-node", body);
        answer.IsSuccessStatusCode.ShouldBeTrue(await answer.Content.ReadAsStringAsync());
        (await answer.Content.ReadFromJsonAsync<JsonObject>())!["broker"]!.GetValue<string>().ShouldBe(NodeBroker.ToString());
        return node;
    }

    /// <summary>Connects with what the node would give, or with what somebody else made up.</summary>
    internal Task<IConnection> ConnectAsync(NodeId node, string password, string? virtualHost = null) => new ConnectionFactory
    {
        Uri = NodeBroker,
        VirtualHost = virtualHost ?? NodeBroker.AbsolutePath[1..],
        UserName = $"node.{node}",
        Password = password,
        AutomaticRecoveryEnabled = false,
    }.CreateConnectionAsync();

    internal Task<IConnection> ConnectAsync(TestNode node) => ConnectAsync(node.Id, node.Password());

    private WebApplication Compose()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://{Auth.Authority}");
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Hypernode:Api:TokenKeyFile"] = Path.Combine(_folder, "token.key"),
            ["Hypernode:Api:NodeBroker"] = NodeBroker.ToString(),
            ["Hypernode:Api:BrokerAuthKey"] = Auth.Segments[^1],
        });
        builder.Services
            .AddSingleton<IIdSource, SystemIds>()
            .AddSingleton<IEscrow, KeysAlone>()
            .AddSingleton<IStorageWatch, WellStorage>()
            .AddSingleton<IMessageSender, NoMessages>()
            .AddSingleton<IOutboxDispatcher, NoMessages>()
            .AddSingleton<INodeCommandSender>(_ => new RabbitMqNodeCommandSender(Connection))
            .AddSingleton<IDeposits, NoDeposits>()
            .AddSingleton<ITransferFacilitator, NoDeposits>()
            .AddSingleton<ILiveHints, InProcessHints>()
            // Routes that are there and that nobody calls here.
            .AddSingleton<IOutlook>(_ => throw new NotSupportedException())
            .AddSingleton<INodeMailbox>(_ => throw new NotSupportedException())
            .AddSingleton<INodeIngress>(_ => throw new NotSupportedException())
            .AddHypernodePostgres(Database.ConnectionString)
            .AddFileBlobs(Path.Combine(_folder, "blobs"))
            .AddHypernodeApi(builder.Configuration);
        var api = builder.Build();
        api.MapHypernodeApi();
        return api;
    }

    private sealed class WellStorage : IStorageWatch
    {
        public StorageHealth Current { get; } = new(StorageCondition.Ok, "", TimeSpan.Zero);
    }

    private sealed class NoMessages : IMessageSender, IOutboxDispatcher
    {
        public Task SendAsync(object message, CancellationToken cancellationToken) => throw new NotSupportedException("nobody sends here");

        public Task DispatchAsync(IReadOnlyList<OutboxMessage> messages, CancellationToken cancellationToken) => throw new NotSupportedException("nobody sends here");
    }
}

[CollectionDefinition(Name)]
public sealed class NodeDoorCollection : ICollectionFixture<NodeDoor>
{
    public const string Name = "the broker asks the API";
}
