using System.Text.Json.Nodes;
using Hypernode.Api.Auth;
using Hypernode.Api.Tests.Fakes;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;

namespace Hypernode.Api.Tests.Live;

/// <summary>The access table's channels, cell by cell, over real sockets. 0: it is subscribed to.</summary>
public sealed class LiveAccessTests(LiveAccessTests.Fixture world) : IClassFixture<LiveAccessTests.Fixture>
{
    private const string Unused = "job-00000000-0000-4000-8000-0000000000ff";

    private static readonly string[] Columns = ["anonymous", "other", "owner", "node", "operator"];

    private static readonly (string Channel, int[] Statuses)[] Cells =
    [
        ("job:{jobId}", [401, 404, 0, 404, 0]),
        ("logs:{jobId}", [401, 404, 0, 404, 404]),
        ("node:{nodeId}", [0, 0, 0, 0, 0]),
        ("network", [0, 0, 0, 0, 0]),
        ("wallet", [401, 0, 0, 0, 0]),
    ];

    private static readonly (string Channel, int[] Statuses)[] Beside =
    [
        ($"job:{Unused}", [401, 404, 404, 404, 404]),
        ($"logs:{Unused}", [401, 404, 404, 404, 404]),
        ("job:nonsense", [401, 404, 404, 404, 404]),
        ("node:1f8fad5b-d9cb-469f-a165-7086772895ff", [404, 404, 404, 404, 404]),
        ("node:nonsense", [404, 404, 404, 404, 404]),
        ("wallet:{owner}", [400, 400, 400, 400, 400]), // even one's own: there is one name for it
        ("jobs", [400, 400, 400, 400, 400]),
        ("*", [400, 400, 400, 400, 400]),
    ];

    public static TheoryData<string, string, int> All()
    {
        var all = new TheoryData<string, string, int>();
        foreach (var (channel, statuses) in Cells.Concat(Beside))
        {
            for (var i = 0; i < Columns.Length; i++)
            {
                all.Add(channel, Columns[i], statuses[i]);
            }
        }

        return all;
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task Each_caller_may_watch_what_is_theirs(string channel, string caller, int expected)
    {
        using var client = await LiveClient.ConnectAsync(world.Live.Host, world.Tokens[caller]);
        await client.SayAsync(new { type = "subscribe", channel = Name(channel), id = "x" });

        var answer = await client.NextAsync();

        answer["id"]!.GetValue<string>().ShouldBe("x");
        (answer["event"]!.GetValue<string>() == "subscribed" ? 0 : answer["data"]!["status"]!.GetValue<int>()).ShouldBe(expected, answer.ToJsonString());
    }

    [Fact]
    public void Every_channel_of_the_table_is_walked_here() =>
        AccessTable.Channels.Select(r => r.Route).ShouldBe(Cells.Select(c => c.Channel), ignoreOrder: true);

    [Fact]
    public void A_cell_of_the_table_and_its_answers_say_the_same()
    {
        Callers[] roles = [Callers.Anonymous, Callers.Wallet, Callers.Wallet | Callers.Owner, Callers.Wallet | Callers.Node, Callers.Wallet | Callers.Operator];
        foreach (var (channel, statuses) in Cells)
        {
            for (var i = 0; i < roles.Length; i++)
            {
                ((AccessTable.Of("WS", channel).Allowed & roles[i]) != Callers.None).ShouldBe(statuses[i] == 0, $"{channel} for {Columns[i]}");
            }
        }
    }

    [Fact]
    public async Task Another_wallets_job_looks_like_one_that_never_was()
    {
        using var client = await LiveClient.ConnectAsync(world.Live.Host, world.Tokens["other"]);
        foreach (var kind in (string[])["job", "logs"])
        {
            var theirs = await client.RefusalAsync(new { type = "subscribe", channel = $"{kind}:{world.Job}" });
            var nobodys = await client.RefusalAsync(new { type = "subscribe", channel = $"{kind}:{Unused}" });

            theirs.ToJsonString().ShouldBe(nobodys.ToJsonString());
            theirs["type"]!.GetValue<string>().ShouldBe("urn:hypernode:problem:not-found");
        }
    }

    [Fact]
    public async Task A_refused_subscription_tells_nothing_afterwards_either()
    {
        using var client = await LiveClient.ConnectAsync(world.Live.Host, world.Tokens["other"]);
        await client.RefusalAsync(new { type = "subscribe", channel = $"job:{world.Job}" });
        world.Live.Move(world.Job, JobStateNames.Executed);
        await world.Live.LogAsync(world.Job, 1, 0);

        await client.SayAsync(new { type = "ping" });
        await client.NextAsync("pong"); // and nothing before it
    }

    /// <summary>In the request, as a subprotocol, in the first message.</summary>
    [Fact]
    public async Task A_token_comes_in_three_ways_and_is_never_repeated()
    {
        var (host, token) = (world.Live.Host, world.Tokens["owner"]!);
        using var header = await LiveClient.ConnectAsync(host, token);
        using var browser = await LiveClient.ConnectAsync(host, protocols: ["hypernode.v1", $"hypernode.token.{token}"]);
        browser.Protocol.ShouldBe("hypernode.v1");
        using var message = await LiveClient.ConnectAsync(host);
        await message.SayAsync(new { type = "auth", token });
        var signedIn = await message.NextAsync("signed_in");
        signedIn["data"]!["wallet"]!.GetValue<string>().ShouldBe(TestWallet.Alice.Address.ToString());
        signedIn.ToJsonString().ShouldNotContain(token);

        foreach (var client in (LiveClient[])[header, browser, message])
        {
            await client.SubscribeAsync($"logs:{world.Job}");
        }
    }

    [Fact]
    public async Task A_wrong_token_opens_nothing_in_any_of_them()
    {
        var (host, wrong) = (world.Live.Host, world.Tokens["owner"]![..^4] + "AAAA");

        (await Should.ThrowAsync<RefusedAtTheDoorException>(() => LiveClient.ConnectAsync(host, wrong))).Status.ShouldBe(401);
        (await Should.ThrowAsync<RefusedAtTheDoorException>(() => LiveClient.ConnectAsync(host, protocols: ["hypernode.v1", $"hypernode.token.{wrong}"]))).Status.ShouldBe(401);
        using var client = await LiveClient.ConnectAsync(host);
        (await client.RefusalAsync(new { type = "auth", token = wrong }))["status"]!.GetValue<int>().ShouldBe(401);
        (await client.RefusalAsync(new { type = "subscribe", channel = "wallet" }))["status"]!.GetValue<int>().ShouldBe(401);
    }

    [Fact]
    public async Task A_socket_is_one_wallets_for_life()
    {
        using var client = await LiveClient.ConnectAsync(world.Live.Host, world.Tokens["owner"]);

        (await client.RefusalAsync(new { type = "auth", token = world.Tokens["other"] }))["status"]!.GetValue<int>().ShouldBe(403);
        await client.SayAsync(new { type = "auth", token = world.Tokens["owner"] });
        await client.NextAsync("signed_in");
    }

    [Fact]
    public async Task A_token_in_the_address_is_not_heard()
    {
        using var client = new System.Net.WebSockets.ClientWebSocket();
        await client.ConnectAsync(new UriBuilder(world.Live.Host.LiveUri) { Query = $"token={world.Tokens["owner"]}&access_token={world.Tokens["owner"]}" }.Uri, default);
        await client.SendAsync("""{"type":"subscribe","channel":"wallet"}"""u8.ToArray(), System.Net.WebSockets.WebSocketMessageType.Text, true, default);
        var buffer = new byte[4_096];
        var got = await client.ReceiveAsync(buffer, default);

        JsonNode.Parse(buffer.AsSpan(0, got.Count))!["data"]!["status"]!.GetValue<int>().ShouldBe(401);
    }

    [Fact]
    public async Task Pages_of_other_origins_get_in_only_where_the_settings_name_them()
    {
        await using var strict = await LiveWorld.StartAsync(("Hypernode:Api:CorsOrigins:0", "https://app.example"));

        (await Should.ThrowAsync<RefusedAtTheDoorException>(() => LiveClient.ConnectAsync(strict.Host, origin: "https://evil.example"))).Status.ShouldBe(403);
        (await LiveClient.ConnectAsync(strict.Host, origin: "https://app.example")).Dispose();
        (await LiveClient.ConnectAsync(strict.Host, origin: $"http://{strict.Host.LiveUri.Authority}")).Dispose();
    }

    private string Name(string channel) => channel
        .Replace("{jobId}", world.Job.ToString(), StringComparison.Ordinal)
        .Replace("{nodeId}", LiveWorld.NodeId.ToString(), StringComparison.Ordinal)
        .Replace("{owner}", TestWallet.Alice.Address.ToString(), StringComparison.Ordinal);

    public sealed class Fixture : IAsyncLifetime
    {
        private static readonly TestWallet Operator = new(4);

        public LiveWorld Live { get; private set; } = null!;

        public JobId Job { get; private set; }

        public IReadOnlyDictionary<string, string?> Tokens { get; private set; } = null!;

        public async Task InitializeAsync()
        {
            Live = await LiveWorld.StartAsync(("Hypernode:Api:Operators:0", Operator.Address.ToString()));
            Job = await Live.JobAsync();
            Live.Node(NodeStatus.Active, Job);
            Live.Host.Jobs.Move(Job, JobStateNames.Executing, j => j with { AssignedNode = LiveWorld.NodeId, Attempt = 1 });
            Tokens = new Dictionary<string, string?>(StringComparer.Ordinal)
            {
                ["anonymous"] = null,
                ["other"] = await Live.Host.TokenOfAsync(TestWallet.Bob),
                ["owner"] = await Live.Host.TokenOfAsync(TestWallet.Alice),
                ["node"] = await Live.Host.TokenOfAsync(TestWallet.Node),
                ["operator"] = await Live.Host.TokenOfAsync(Operator),
            };
        }

        public async Task DisposeAsync() => await Live.DisposeAsync();
    }
}
