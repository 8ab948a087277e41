using System.Diagnostics.Metrics;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Hypernode.Api.Tests.Contract;
using Hypernode.Api.Tests.Fakes;
using Hypernode.Contracts.Ports;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Hypernode.Api.Tests;

/// <summary>The whole API over its fakes, in process. It reads like the host's own composition.</summary>
public sealed class ApiHost : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly string _folder = Directory.CreateTempSubdirectory("hypernode-api-").FullName;

    private readonly bool _isHeld;

    private ApiHost(IReadOnlyDictionary<string, string?> settings, Action<IServiceCollection>? more, bool onSocket, bool isHeld)
    {
        _isHeld = isHeld;
        Deposits = new FakeDeposits(Escrow);
        Transfers = new FakeTransfers(Deposits);
        NodeWay = new FakeNodeWay(Evidence);
        var builder = WebApplication.CreateSlimBuilder();
        if (onSocket)
        {
            builder.WebHost.UseUrls("http://127.0.0.1:0");
        }
        else
        {
            builder.WebHost.UseTestServer();
        }

        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["Hypernode:Api:TokenKeyFile"] = TokenKeyFile,
            ["Hypernode:Api:FollowMilliseconds"] = "10",
            ["Hypernode:Live:PollMilliseconds"] = "10",
            ["Hypernode:Api:MaxBlobBytes"] = "2048",
        });
        builder.Configuration.AddInMemoryCollection(settings);
        builder.Services
            .AddSingleton<TimeProvider>(Clock)
            .AddSingleton<IIdSource>(new CountingIds())
            .AddSingleton<IJobIntake>(Jobs)
            .AddSingleton<IJobReader>(Jobs)
            .AddSingleton<INodeDirectory>(Nodes)
            .AddSingleton<INodeCommandSender>(Nodes)
            .AddSingleton<IRepeats>(Repeats)
            .AddSingleton<IStandingReader>(Standing)
            .AddSingleton<IOutlook>(Standing)
            .AddSingleton<INodeMailbox>(NodeWay)
            .AddSingleton<INodeIngress>(NodeWay)
            .AddSingleton<IEvidence>(Evidence)
            .AddSingleton<IBlobStore>(Blobs)
            .AddSingleton<IWalletDirectory>(Wallets)
            .AddSingleton<IEscrow>(Escrow)
            .AddSingleton<IDeposits>(Deposits)
            .AddSingleton<IDepositBook>(Deposits)
            .AddSingleton<ITransferFacilitator>(Transfers)
            .AddSingleton<ITransferLedger>(Transfers)
            .AddSingleton<IMessageSender>(Messages)
            .AddSingleton<IStorageWatch>(Storage)
            .AddSingleton<ILiveStates>(States)
            .AddSingleton<ILiveHints>(Hints)
            .AddHypernodeApi(builder.Configuration);
        more?.Invoke(builder.Services);
        _app = builder.Build();
        _app.MapHypernodeApi();
    }

    public TestClock Clock { get; } = new();

    public FakeJobs Jobs { get; } = new();

    public FakeNodes Nodes { get; } = new();

    public FakeStanding Standing { get; } = new();

    public FakeRepeats Repeats { get; } = new();

    public FakeNodeWay NodeWay { get; }

    public FakeEvidence Evidence { get; } = new();

    public FakeBlobs Blobs { get; } = new();

    public FakeWallets Wallets { get; } = new();

    public FakeEscrow Escrow { get; } = new();

    public FakeDeposits Deposits { get; }

    public FakeTransfers Transfers { get; }

    public FakeMessages Messages { get; } = new();

    public FakeStorage Storage { get; } = new();

    public FakeLiveStates States { get; } = new();

    public FakeHints Hints { get; } = new();

    public string TokenKeyFile => Path.Combine(_folder, "token.key");

    public IMeterFactory MeterFactory => _app.Services.GetRequiredService<IMeterFactory>();

    /// <summary>Method and pattern of everything that is mapped.</summary>
    public IReadOnlyList<string> Routes => [.. ((IEndpointRouteBuilder)_app).DataSources
        .SelectMany(s => s.Endpoints)
        .OfType<RouteEndpoint>()
        .SelectMany(e => (e.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["*"])
            .Select(m => $"{m} /{e.RoutePattern.RawText?.Trim('/')}"))];

    /// <summary>Nobody signed in.</summary>
    public HttpClient Anonymous { get; private set; } = null!;

    /// <param name="onSocket">A real server on a free port, where its own limits count.</param>
    /// <param name="isHeld">Every answer is held against the document.</param>
    public static async Task<ApiHost> StartAsync(
        IReadOnlyDictionary<string, string?>? settings = null,
        Action<IServiceCollection>? more = null,
        bool onSocket = false,
        bool isHeld = true)
    {
        var host = new ApiHost(settings ?? new Dictionary<string, string?>(StringComparer.Ordinal), more, onSocket, isHeld);
        await host._app.StartAsync();
        host.Anonymous = host.NewClient();
        return host;
    }

    /// <summary>Signs in as a user would: challenge, signature, token.</summary>
    public async Task<HttpClient> SignInAsync(TestWallet wallet) => WithToken(await TokenOfAsync(wallet));

    public HttpClient WithToken(string token)
    {
        var client = NewClient();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return client;
    }

    public async Task<string> TokenOfAsync(TestWallet wallet)
    {
        var challenge = await Anonymous.PostAsJsonAsync("/api/auth/challenge", new { wallet = wallet.Address.ToString() });
        var text = (await JsonOfAsync(challenge))["challenge"]!.GetValue<string>();
        var login = await Anonymous.PostAsJsonAsync(
            "/api/auth/login",
            new { wallet = wallet.Address.ToString(), challenge = text, signature = wallet.Sign(text) });
        return (await JsonOfAsync(login))["token"]!.GetValue<string>();
    }

    /// <summary>Nothing was stored, locked or queued by anything that ran so far.</summary>
    public void ShouldHaveNothing()
    {
        Jobs.All.ShouldBeEmpty();
        Nodes.All.ShouldBeEmpty();
        Nodes.Queues.ShouldBeEmpty();
        Messages.Sent.ShouldBeEmpty();
        Escrow.Writes.ShouldBe(0);
    }

    public static async Task<JsonObject> JsonOfAsync(HttpResponseMessage response) =>
        JsonNode.Parse(await response.Content.ReadAsStringAsync())!.AsObject();

    public static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");

    /// <summary>Of a host on a socket: where its WebSocket is.</summary>
    public Uri LiveUri => new UriBuilder(_app.Urls.Single()) { Scheme = "ws", Path = "/ws" }.Uri;

    public IServiceProvider Services => _app.Services;

    public Task StopAsync() => _app.StopAsync();

    /// <summary>What its clients were answered.</summary>
    public ContractLog Answers { get; } = new();

    private HttpClient NewClient()
    {
        var (inner, address) = _app.Services.GetService<IServer>() is TestServer server
            ? (server.CreateHandler(), server.BaseAddress)
            : (new SocketsHttpHandler(), new Uri(_app.Urls.Single()));
        return new HttpClient(_isHeld ? new ContractHandler(Answers) { InnerHandler = inner } : inner) { BaseAddress = address };
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
