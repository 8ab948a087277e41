using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Hypernode.Bench.Stack;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Host.Chain;
using Hypernode.Host.Tests.Live;
using Hypernode.NodeAgent;
using Hypernode.NodeAgent.Adapters.Http;
using Hypernode.NodeAgent.Adapters.Keys;
using Hypernode.NodeAgent.Execution;
using Hypernode.Solana;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hypernode.Host.Tests;

/// <summary>
/// The product's own host on a chain that is simulated, and a real agent that knows nothing of it but the API's address: no broker,
/// no in-process link.
/// </summary>
public sealed class HttpNodeTests : IAsyncLifetime
{
    private const string Image = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    private readonly string _folder = Directory.CreateTempSubdirectory("hypernode-http-node-").FullName;
    private readonly Account _payer = new();
    private readonly Account _nodeKey = new();
    private readonly NodeId _node = new(Guid.NewGuid());
    private WebApplication _app = null!;
    private HttpClient _http = null!;

    private IServiceProvider Services => _app.Services;

    public async Task InitializeAsync()
    {
        var options = new HostOptions { Roles = "api,sagas,workers", Url = "http://127.0.0.1:0", DataPath = _folder };
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Configuration["Hypernode:Host:Roles"] = options.Roles;
        builder.Configuration["Hypernode:Host:DataPath"] = options.DataPath;
        builder.AddHypernodeHost(options, AddChain);
        _app = builder.Build();
        await _app.PrepareAsync(options, CancellationToken.None);
        _app.MapHypernodeHost(options);
        await _app.StartAsync();
        _http = new HttpClient { BaseAddress = new Uri(_app.Urls.Single()) };
    }

    public async Task DisposeAsync()
    {
        _http.Dispose();
        await _app.StopAsync(); // nothing may write into the folder that goes
        await _app.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_job_is_run_and_paid_by_a_node_that_comes_over_HTTP_alone()
    {
        await RegisterAsync();
        await using var link = new HttpAgentLink(
            _http.BaseAddress!, _node, new AccountSigner(_nodeKey), TimeProvider.System, NullLogger<HttpAgentLink>.Instance);
        await using var agent = await AgentRegistration.CreateAsync(
            new AgentOptions { NodeId = _node.ToString(), DataFolder = Path.Combine(_folder, "agent"), Runtime = AgentRuntime.Process, AllowUnsandboxed = true, AllowWatchedOutput = true },
            link, new SharedBlobs(Services.GetRequiredService<IBlobStore>()), new AccountSigner(_nodeKey), TimeProvider.System, NullLoggerFactory.Instance, CancellationToken.None);
        await agent.StartAsync(CancellationToken.None);

        var job = await SubmitAsync("echo hello; sleep 1.2; echo sorted > $HYPERNODE_OUT/sorted.txt");
        await using var live = await LiveListener.ConnectAsync(
            _http.BaseAddress!, await SignInAsync(), $"job:{job}", $"logs:{job}", $"node:{_node}", "wallet", "network");

        var paid = await WaitUntilEndedAsync(job);
        paid.State.ShouldBe(JobStateNames.Paid, await ExplainAsync(job));
        (paid.AssignedNode, paid.Outcome).ShouldBe((_node, "Succeeded"));
        var explained = JsonNode.Parse(await ExplainAsync(job))!;
        explained["attempts"]![0]!["verdict"]!["checks"]!.AsArray().ShouldAllBe(c => c!["held"]!.GetValue<bool>());
        await ShouldHaveBeenToldAsync(live, job, paid);
        await agent.StopAsync(CancellationToken.None);
    }

    /// <summary>The same story, as the WebSocket told it.</summary>
    private async Task ShouldHaveBeenToldAsync(LiveListener live, JobId job, JobView paid)
    {
        var charge = paid.Settlement!.Charge.BaseUnits;
        await Eventually.IsTrueAsync(() => live.Of("balance_update").Any(b => b["spent"]!.GetValue<ulong>() == charge && b["locked"]!.GetValue<ulong>() == 0), "the wallet hears what it spent");
        await Eventually.IsTrueAsync(() => live.Of("network_stats_update").Any(n => n["totalJobs"]!.GetValue<long>() == 1 && n["activeNodes"]!.GetValue<int>() == 1), "the network's counts are told");
        await Eventually.IsTrueAsync(() => live.Of("node_status_update").LastOrDefault() is { } last && last["currentJob"] is null, "the node is free again");
        live.Of("node_status_update").ShouldContain(n => n["currentJob"] != null && n["currentJob"]!.GetValue<string>() == job.ToString());
        string.Concat(live.Of("job_log").Where(l => l["stream"]!.GetValue<string>() == "stdout").Select(l => l["text"]!.GetValue<string>())).ShouldBe("hello\n");
        var history = await Services.GetRequiredService<IJobReader>().HistoryAsync(job, CancellationToken.None);
        live.Of("job_status_update").Select(u => u["status"]!.GetValue<string>()).ShouldBe(history.Select(t => JobStateNames.ToStatus(t.State)));
        live.Heard.Where(m => m["event"]!.GetValue<string>() == "job_status_update").Select(m => m["seq"]!.GetValue<int>()).ShouldBe(Enumerable.Range(1, history.Count));
    }

    private static void AddChain(IServiceCollection services)
    {
        services.AddOptions<LoadOptions>().BindConfiguration(LoadOptions.Section);
        services.AddSingleton<SimulatedChain>();
        services.AddSingleton<IEscrow>(p => p.GetRequiredService<SimulatedChain>());
        services.AddSingleton<ITombstones>(p => p.GetRequiredService<SimulatedChain>());
        services.AddSingleton<IChainSetup>(p => p.GetRequiredService<SimulatedChain>());
    }

    private async Task RegisterAsync() => (await Services.GetRequiredService<INodeDirectory>().RegisterAsync(
        new NodeRegistration(
            _node, AddressOf(_nodeKey), WalletAddress.FromBytes([.. Enumerable.Repeat((byte)7, 32)]), "http-node",
            new NodeOffer(1, 2_000, 2_048, new HyperAmount(1_000), [], []), TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()),
        TimeProvider.System.GetUtcNow(),
        CancellationToken.None)).ShouldBeTrue();

    private async Task<JobId> SubmitAsync(string script)
    {
        var job = new JsonObject
        {
            ["type"] = "custom",
            ["image"] = Image,
            ["script"] = script,
            ["limits"] = new JsonObject { ["cpuMillis"] = 1_000, ["memoryMb"] = 256 },
            ["estimatedTime"] = 30,
            ["network"] = "none",
        };
        var prepared = await PostAsync(
            "/api/facilitator/prepare-intent", new JsonObject { ["client"] = _payer.PublicKey.Key, ["amount"] = "2.5", ["job"] = job.DeepClone() });
        var submitted = await PostAsync("/api/facilitator/submit-job", new JsonObject
        {
            ["paymentIntent"] = prepared["paymentIntent"]!.DeepClone(),
            ["signature"] = Sign(prepared["text"]!.GetValue<string>()),
            ["publicKey"] = _payer.PublicKey.Key,
            ["job"] = job,
            ["reveal"] = prepared["reveal"]!.DeepClone(),
        });
        return JobId.Parse(submitted["jobId"]!.GetValue<string>());
    }

    private async Task<string> ExplainAsync(JobId job)
    {
        _http.DefaultRequestHeaders.Authorization ??= new AuthenticationHeaderValue("Bearer", await SignInAsync());
        return await _http.GetStringAsync($"/api/jobs/{job}/explain");
    }

    private async Task<string> SignInAsync()
    {
        var text = (await PostAsync("/api/auth/challenge", new JsonObject { ["wallet"] = _payer.PublicKey.Key }))["challenge"]!.GetValue<string>();
        var login = await PostAsync("/api/auth/login", new JsonObject { ["wallet"] = _payer.PublicKey.Key, ["challenge"] = text, ["signature"] = Sign(text) });
        return login["token"]!.GetValue<string>();
    }

    private async Task<JobView> WaitUntilEndedAsync(JobId job)
    {
        var jobs = Services.GetRequiredService<IJobReader>();
        return await Eventually.GetAsync(
            async () => await jobs.FindAsync(job, CancellationToken.None) is { } view && JobStateNames.IsTerminal(view.State) ? view : null, "the job's end", seconds: 60);
    }

    private async Task<JsonNode> PostAsync(string path, JsonNode body)
    {
        var answer = await _http.PostAsJsonAsync(path, body);
        answer.IsSuccessStatusCode.ShouldBeTrue(await answer.Content.ReadAsStringAsync());
        return JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
    }

    private string Sign(string text) => Contracts.Text.Base58.Encode(_payer.Sign(Encoding.UTF8.GetBytes(text)));

    private static WalletAddress AddressOf(Account account) => WalletAddress.FromBytes(account.PublicKey.AsSpan());
}
