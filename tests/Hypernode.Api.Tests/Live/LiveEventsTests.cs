using System.Text.Json.Nodes;
using Hypernode.Api.OpenApi;
using Hypernode.Api.Tests.Fakes;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Live;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;

namespace Hypernode.Api.Tests.Live;

/// <summary>What is sent has the white paper's names (§7.4) and the documents' shapes.</summary>
public sealed class LiveEventsTests
{
    private const string Usdc = "4zMMC9srt5Ri5X14GAgXhaHii3GnPAEERYPJgZJDncDU";

    [Fact]
    public async Task The_white_papers_three_events_have_its_names_and_fields_and_no_others()
    {
        await using var world = await LiveWorld.StartAsync();
        var job = await world.JobAsync(JobStateNames.Matching);
        world.Node(NodeStatus.Active);
        world.Host.States.Counts = new NetworkCounts(42, 15, 1337);
        using var client = await LiveClient.ConnectAsync(world.Host, TestWallet.Alice);

        await client.SubscribeAsync($"job:{job}");
        Data(await client.NextAsync("job_status_update")).ShouldBe($$"""{"jobId":"{{job}}","status":"pending","timestamp":1772366401000}""");
        world.Move(job, JobStateNames.Executing);
        Data(await client.NextAsync("job_status_update")).ShouldBe($$"""{"jobId":"{{job}}","status":"running","timestamp":1772366402000}""");

        await client.SubscribeAsync($"node:{LiveWorld.NodeId}");
        Data(await client.NextAsync("node_status_update")).ShouldBe($$"""{"nodeId":"{{LiveWorld.NodeId}}","status":"active","currentJob":null}""");
        world.Node(NodeStatus.Draining, job);
        Data(await client.NextAsync("node_status_update")).ShouldBe($$"""{"nodeId":"{{LiveWorld.NodeId}}","status":"draining","currentJob":"{{job}}"}""");

        await client.SubscribeAsync("network");
        Data(await client.NextAsync("network_stats_update")).ShouldBe("""{"activeNodes":42,"runningJobs":15,"totalJobs":1337}""");
    }

    [Fact]
    public async Task Every_status_of_a_job_is_told_in_order_and_numbered_from_its_history()
    {
        await using var world = await LiveWorld.StartAsync();
        var job = await world.JobAsync(JobStateNames.EscrowPending);
        using var client = await LiveClient.ConnectAsync(world.Host, TestWallet.Alice);
        await client.SubscribeAsync($"job:{job}", since: 0);
        string[] states = [JobStateNames.Matching, JobStateNames.Assigned, JobStateNames.Executing, JobStateNames.SettlementPending, JobStateNames.Paid];
        Array.ForEach(states, state => world.Move(job, state));

        var told = new List<(long, string)>();
        while (told.Count < 7)
        {
            var next = await client.NextAsync("job_status_update");
            told.Add((next["seq"]!.GetValue<long>(), next["data"]!["status"]!.GetValue<string>()));
        }

        told.ShouldBe([(1, "pending"), (2, "pending"), (3, "pending"), (4, "running"), (5, "running"), (6, "running"), (7, "completed")]);
    }

    [Fact]
    public async Task A_wallet_hears_what_is_locked_spent_refunded_and_earned()
    {
        await using var world = await LiveWorld.StartAsync();
        using var client = await LiveClient.ConnectAsync(world.Host, TestWallet.Alice);
        await client.SubscribeAsync("wallet");
        var (alice, none) = (TestWallet.Alice.Address, new HyperAmount(0));
        Data(await client.NextAsync("balance_update")).ShouldBe($$"""{"wallet":"{{alice}}","locked":0,"spent":0,"refunded":0,"earned":0,"otherMints":[]}""");

        world.Host.States.Sums[alice] = new WalletSums(new HyperAmount(7), [new(null, new HyperAmount(5), new HyperAmount(3), new HyperAmount(2)), new(Usdc, none, new HyperAmount(4), none)]);
        world.Host.Hints.Moved([LiveTopic.OfWallet(alice)]);

        Data(await client.NextAsync("balance_update")).ShouldBe(
            $$"""{"wallet":"{{alice}}","locked":5,"spent":3,"refunded":2,"earned":7,"otherMints":[{"mint":"{{Usdc}}","locked":0,"spent":4,"refunded":0}]}""");
    }

    /// <summary>Provokes each of the server's messages, and holds each documented example to one that was really sent.</summary>
    [Fact]
    public async Task Every_example_in_the_documents_has_the_shape_of_what_is_sent()
    {
        await using var world = await LiveWorld.StartAsync(("MaxQueuedEvents", "16"), ("SlowSeconds", "1"));
        var job = await world.JobAsync();
        world.Node(NodeStatus.Active, job);
        world.Host.States.Sums[TestWallet.Alice.Address] = new WalletSums(new HyperAmount(7), [new(Usdc, default, default, default)]);
        var token = await world.Host.TokenOfAsync(TestWallet.Alice);
        var sent = new List<JsonObject>();
        using (var client = await LiveClient.ConnectAsync(world.Host))
        {
            await world.LogAsync(job, 1, 0);
            await client.SayAsync(new { type = "auth", token });
            sent.Add(await client.NextAsync());
            foreach (var channel in (string[])[$"job:{job}", $"node:{LiveWorld.NodeId}", "network", $"logs:{job}", "wallet"])
            {
                await client.SayAsync(new { type = "subscribe", channel, id = "1" });
                sent.AddRange([await client.NextAsync(), await client.NextAsync()]);
            }

            foreach (var message in (object[])[
                new { type = "subscribe", channel = "job:job-00000000-0000-4000-8000-0000000000ff", id = "1" }, new { type = "unsubscribe", channel = "network" }, new { type = "ping" }])
            {
                await client.SayAsync(message);
                sent.Add(await client.NextAsync());
            }
        }

        sent.AddRange(await SlowTests.ProvokeAsync(world, job));
        foreach (var example in LiveExamples.FromServer.Select(e => JsonNode.Parse(e)!.AsObject()))
        {
            var name = example["event"]!.GetValue<string>();
            sent.Where(m => m["event"]!.GetValue<string>() == name).Select(ShapeOf).ShouldContain(ShapeOf(example), $"{name}: {example}");
        }
    }

    /// <summary>The client's messages of the documents are understood: none is malformed or unknown.</summary>
    [Fact]
    public async Task Every_message_that_the_documents_tell_a_client_to_send_is_understood()
    {
        await using var world = await LiveWorld.StartAsync();
        using var client = await LiveClient.ConnectAsync(world.Host);
        foreach (var example in LiveExamples.FromClient)
        {
            await client.SayAsync(example);
            var answer = await client.NextAsync();
            answer["data"]!["type"]?.GetValue<string>().ShouldNotEndWith("-message");
        }
    }

    [Fact]
    public async Task The_document_carries_the_examples()
    {
        await using var world = await LiveWorld.StartAsync();
        var document = await ApiHost.JsonOfAsync(await world.Host.Anonymous.GetAsync("/openapi/v1.json"));

        document["paths"]!["/ws"]!["get"]!["x-messages"]!.ToJsonString().ShouldBe(LiveExamples.ToJson().ToJsonString());
    }

    private static string Data(JsonObject message) => message["data"]!.ToJsonString();

    /// <summary>Names in order, and the kinds of their values.</summary>
    private static string ShapeOf(JsonNode? node) => node switch
    {
        JsonObject fields => $"{{{string.Join(',', fields.Select(f => $"{f.Key}:{ShapeOf(f.Value)}"))}}}",
        JsonArray items => $"[{(items.Count == 0 ? "" : ShapeOf(items[0]))}]",
        null => "null",
        _ => node.GetValueKind().ToString(),
    };
}
