using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Hypernode.Api.Tests.Fakes;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;

namespace Hypernode.Api.Tests;

public sealed class NodesTests(SharedHost shared) : IClassFixture<SharedHost>
{
    private static readonly NodeId Id = NodeId.Parse("0f8fad5b-d9cb-469f-a165-70867728950e");

    [Fact]
    public async Task The_market_is_listed_page_by_page_the_cheapest_first_where_that_is_asked_for()
    {
        await using var host = await ApiHost.StartAsync();
        foreach (var (digit, price) in new (char, ulong)[] { ('1', 30), ('2', 10), ('3', 20), ('4', 10) })
        {
            var id = NodeId.Parse($"{digit}f8fad5b-d9cb-469f-a165-70867728950e");
            host.Nodes.All[id] = new NodeView(
                id, TestWallet.Node.Address, TestWallet.Alice.Address, "n", NodeStatus.Active, new NodeOffer(1, 1, 1, new HyperAmount(price), [], []), 0, 0, default, host.Clock.Now, null);
        }

        (await PagesAsync("sort=price")).ShouldBe("2 4 | 3 1");
        (await PagesAsync("sort=id")).ShouldBe("1 2 | 3 4");
        (await PagesAsync("status=jailed")).ShouldBe("");
        foreach (var wrong in new[] { "sort=earned", "limit=0", "limit=501", "limit=x", "cursor=x", "cursor=%7C", "cursor=MXwy" })
        {
            (await host.Anonymous.GetAsync($"/api/nodes?{wrong}")).StatusCode.ShouldBe(HttpStatusCode.BadRequest, wrong);
        }

        async Task<string> PagesAsync(string query)
        {
            var pages = new List<string>();
            for (string? cursor = ""; cursor is not null;)
            {
                var page = await ApiHost.JsonOfAsync(await host.Anonymous.GetAsync($"/api/nodes?{query}&limit=2{(cursor.Length == 0 ? "" : $"&cursor={cursor}")}"));
                pages.Add(string.Join(' ', page["items"]!.AsArray().Select(n => n!["nodeId"]!.GetValue<string>()[..1])));
                cursor = page["next"]?.GetValue<string>();
            }

            return string.Join(" | ", pages);
        }
    }

    [Fact]
    public async Task A_node_registers_with_both_signatures_and_gets_its_queue()
    {
        await using var host = await ApiHost.StartAsync();

        var answer = await RegisterAsync(host, Signed(host));

        answer.StatusCode.ShouldBe(HttpStatusCode.Created, await answer.Content.ReadAsStringAsync());
        answer.Headers.Location!.ToString().ShouldBe($"/api/nodes/{Id}");
        host.Nodes.Queues.ShouldBe([Id]);
        host.Nodes.All[Id].Offer.PricePerSecond.ShouldBe(new HyperAmount(1_000));
        (await RegisterAsync(host, Signed(host))).StatusCode.ShouldBe(HttpStatusCode.Created);
    }

    [Fact]
    public async Task Nodes_are_shown_without_host_names_and_GPU_serials()
    {
        await using var host = await ApiHost.StartAsync();
        (await RegisterAsync(host, Signed(host))).EnsureSuccessStatusCode();

        foreach (var path in new[] { "/api/nodes", $"/api/nodes/{Id}", $"/api/facilitator/node/{Id}", "/api/stats/network" })
        {
            var text = await host.Anonymous.GetStringAsync(path);
            text.ShouldNotContain("gpu-box-7");
            text.ShouldNotContain("GPU-8a3b4f1e-52c7-4d0b-9a61-0f3e5d7c2b18");
        }

        var node = await ApiHost.JsonOfAsync(await host.Anonymous.GetAsync($"/api/nodes/{Id}"));
        node["status"]!.GetValue<string>().ShouldBe("active");
        node["pricePerSecond"]!.GetValue<long>().ShouldBe(1_000);
        node["pricePerSecondHyper"]!.GetValue<string>().ShouldBe("0.001");
        node["gpus"]![0]!["model"]!.GetValue<string>().ShouldBe("RTX 4090");
    }

    [Fact]
    public async Task Who_encrypts_finds_a_nodes_key_and_names_the_node()
    {
        await using var host = await ApiHost.StartAsync();
        (await RegisterAsync(host, Signed(host))).EnsureSuccessStatusCode();
        var node = (await ApiHost.JsonOfAsync(await host.Anonymous.GetAsync("/api/nodes")))["items"]![0]!;
        node["nodeKey"]!.GetValue<string>().ShouldBe(TestWallet.Node.Address.ToString());

        var body = await Bodies.SubmissionAsync(host, TestWallet.Alice, job =>
        {
            job["inputs"]![0]!["encrypted"] = true;
            job["nodes"] = new JsonArray(node["nodeId"]!.GetValue<string>());
            job["encryption"] = new JsonObject { ["resultKey"] = TestWallet.Alice.Address.ToString() };
        });
        var answer = await Bodies.SubmitAsync(host, body);

        answer.StatusCode.ShouldBe(HttpStatusCode.Accepted, await answer.Content.ReadAsStringAsync());
        var spec = host.Jobs.All.Values.Single().Spec;
        (spec.Nodes!.Single(), spec.Inputs![0].Encrypted, spec.Encryption!.ResultKey).ShouldBe((Id, true, TestWallet.Alice.Address));
    }

    [Fact]
    public async Task A_list_shows_active_nodes_unless_asked_for_others()
    {
        await using var host = await ApiHost.StartAsync();
        (await RegisterAsync(host, Signed(host))).EnsureSuccessStatusCode();
        await host.Nodes.SetStatusAsync(Id, NodeStatus.Active, NodeStatus.Offline, default);

        (await CountAsync("/api/nodes")).ShouldBe(0);
        (await CountAsync("/api/nodes?status=offline")).ShouldBe(1);
        (await CountAsync("/api/nodes?status=all")).ShouldBe(1);
        (await host.Anonymous.GetAsync("/api/nodes?status=sleepy")).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await host.Anonymous.GetAsync("/api/nodes/nonsense")).StatusCode.ShouldBe(HttpStatusCode.NotFound);

        async Task<int> CountAsync(string path) =>
            (await ApiHost.JsonOfAsync(await host.Anonymous.GetAsync(path)))["items"]!.AsArray().Count;
    }

    [Fact]
    public async Task A_node_id_of_another_key_is_a_conflict()
    {
        await using var host = await ApiHost.StartAsync();
        (await RegisterAsync(host, Signed(host))).EnsureSuccessStatusCode();

        var answer = await RegisterAsync(host, Signed(host, key: TestWallet.Bob));

        answer.StatusCode.ShouldBe(HttpStatusCode.Conflict);
        host.Nodes.All[Id].NodeKey.ShouldBe(TestWallet.Node.Address);
    }

    [Fact]
    public async Task What_a_node_sells_of_networks_is_signed_kept_and_shown()
    {
        await using var host = await ApiHost.StartAsync();
        (await RegisterAsync(host, Signed(host, networks: [NetworkMode.Allowlist, NetworkMode.Full]))).StatusCode.ShouldBe(HttpStatusCode.Created);
        host.Nodes.All[Id].Offer.NetworkModes.ShouldBe([NetworkMode.Allowlist, NetworkMode.Full]);
        (await ShownAsync()).ShouldBe(["none", "allowlist", "full"]);

        (await RegisterAsync(host, Signed(host))).StatusCode.ShouldBe(HttpStatusCode.Created);
        host.Nodes.All[Id].Offer.NetworkModes.ShouldBeNull();
        (await ShownAsync()).ShouldBe(["none"]);

        async Task<IEnumerable<string>> ShownAsync() =>
            (await ApiHost.JsonOfAsync(await host.Anonymous.GetAsync($"/api/nodes/{Id}")))["networkModes"]!.AsArray().Select(m => m!.GetValue<string>());
    }

    public static TheoryData<string, int, string> BadRegistrations => new()
    {
        { "nodeId=\"x\"", 400, "/nodeId" },
        { "nodeKey=\"x\"", 400, "/nodeKey" },
        { "authority=null", 400, "/authority" },
        { "hostname=\"a b\"", 400, "/hostname" },
        { "hostname=\"\"", 400, "/hostname" },
        { "timestamp=0", 400, "/timestamp" },
        { "timestamp=1772367000001", 400, "/timestamp" },
        { "nodeSignature=\"x\"", 400, "/nodeSignature" },
        { "authoritySignature=1", 400, "/authoritySignature" },
        { "owner=\"x\"", 400, "/owner" },
        { "offer=[]", 400, "/offer" },
        { "offer.slots=0", 400, "/offer/slots" },
        { "offer.cpuMillis=-1", 400, "/offer/cpuMillis" },
        { "offer.memoryMb=\"8 GB\"", 400, "/offer/memoryMb" },
        { "offer.pricePerSecond=0", 400, "/offer/pricePerSecond" },
        { "offer.pricePerSecond=0.5", 400, "/offer/pricePerSecond" },
        { "offer.pricePerSecond=9007199254740993", 400, "/offer/pricePerSecond" },
        { "offer.gpus=[1]", 400, "/offer/gpus/0" },
        { """offer.gpus=[{"uuid":"all","model":"m","vramMb":1}]""", 400, "/offer/gpus/0/uuid" },
        { """offer.gpus=[{"uuid":"GPU-8a3b4f1e-52c7-4d0b-9a61-0f3e5d7c2b18,GPU-8a3b4f1e-52c7-4d0b-9a61-0f3e5d7c2b18","model":"m","vramMb":1}]""", 400, "/offer/gpus/0/uuid" },
        { """offer.gpus=[{"uuid":"GPU-8A3B4F1E-52C7-4D0B-9A61-0F3E5D7C2B18","model":"m","vramMb":1}]""", 400, "/offer/gpus/0/uuid" },
        { """offer.gpus=[{"uuid":"GPU-8a3b4f1e-52c7-4d0b-9a61-0f3e5d7c2b18","model":"m","vramMb":1},{"uuid":"GPU-8a3b4f1e-52c7-4d0b-9a61-0f3e5d7c2b18","model":"m","vramMb":1}]""", 400, "/offer/gpus/1/uuid" },
        { "offer.images=[\"\"]", 400, "/offer/images/0" },
        { "offer.networkModes=[]", 400, "/offer/networkModes" },
        { "offer.networkModes=\"full\"", 400, "/offer/networkModes" },
        { "offer.networkModes=[\"none\"]", 400, "/offer/networkModes/0" },
        { "offer.networkModes=[\"host\"]", 400, "/offer/networkModes/0" },
        { "offer.networkModes=[\"full\",\"allowlist\"]", 400, "/offer/networkModes/1" },
        { "offer.networkModes=[\"full\",\"full\"]", 400, "/offer/networkModes/1" },
        { "offer.networkModes=[\"full\"]", 403, "/nodeSignature" },
        { "offer.discount=1", 400, "/offer/discount" },
        { "offer.slots=2", 403, "/nodeSignature" },
        { "nodeSignature=other", 403, "/nodeSignature" },
        { "authoritySignature=other", 403, "/authoritySignature" },
    };

    [Theory]
    [MemberData(nameof(BadRegistrations))]
    public async Task A_bad_registration_is_refused_by_its_field(string change, int status, string pointer)
    {
        var host = shared.Host;
        var body = Signed(host);
        var (path, value) = (change.Split('=', 2)[0].Split('.'), change.Split('=', 2)[1]);
        var target = path.Length == 2 ? body[path[0]]!.AsObject() : body;
        target[path[^1]] = value == "other" ? TestWallet.Bob.Sign("another text") : JsonNode.Parse(value);

        var answer = await RegisterAsync(host, body);

        answer.StatusCode.ShouldBe((HttpStatusCode)status);
        (await ApiHost.JsonOfAsync(answer))["errors"]![0]!["pointer"]!.GetValue<string>().ShouldBe(pointer);
        host.ShouldHaveNothing();
    }

    [Fact]
    public async Task A_registration_of_another_network_is_refused()
    {
        await using var host = await ApiHost.StartAsync();
        var body = Signed(host);
        host.Escrow.Deployment = host.Escrow.Deployment with { Network = "devnet" };

        (await RegisterAsync(host, body)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    /// <summary>As an agent makes it: the contract's own JSON, and two signatures.</summary>
    private static JsonObject Signed(ApiHost host, TestWallet? key = null, IReadOnlyList<NetworkMode>? networks = null)
    {
        var node = key ?? TestWallet.Node;
        var registration = new NodeRegistration(
            Id,
            node.Address,
            TestWallet.Bob.Address,
            "gpu-box-7",
            new NodeOffer(1, 2_000, 8_192, new HyperAmount(1_000), [new GpuInfo("GPU-8a3b4f1e-52c7-4d0b-9a61-0f3e5d7c2b18", "RTX 4090", 24_576)], [], networks),
            host.Clock.Now.ToUnixTimeMilliseconds());
        var text = registration.ToSigningText("localnet");
        var body = JsonSerializer.SerializeToNode(registration, ContractJson.Options)!.AsObject();
        body["nodeSignature"] = node.Sign(text);
        body["authoritySignature"] = TestWallet.Bob.Sign(text);
        return body;
    }

    private static Task<HttpResponseMessage> RegisterAsync(ApiHost host, JsonObject body) =>
        host.Anonymous.PostAsync("/api/facilitator/register-node", ApiHost.Json(body.ToJsonString()));
}
