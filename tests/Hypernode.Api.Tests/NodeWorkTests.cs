using System.Net;
using System.Text.Json;
using Hypernode.Api.Tests.Fakes;
using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;

namespace Hypernode.Api.Tests;

/// <summary>Nodes that come over HTTP: who speaks is known from the session, whatever the body says.</summary>
public sealed class NodeWorkTests(AccessWorld world) : IClassFixture<AccessWorld>
{
    private readonly ApiHost _host = world.Host;
    private readonly HttpClient _node = world.Callers["node"];

    [Fact]
    public async Task A_command_is_given_until_it_is_confirmed()
    {
        var stop = new StopJob(new JobId(Guid.NewGuid()), AccessWorld.NodeId, 1, "cancelled");
        _host.NodeWay.Waiting[AccessWorld.NodeId] = new HeldCommand("ack-1", stop);

        foreach (var _ in Enumerable.Range(0, 2))
        {
            var polled = await ApiHost.JsonOfAsync(await _node.GetAsync("/api/nodes/poll-job?wait=7"));
            polled["ack"]!.GetValue<string>().ShouldBe("ack-1");
            JsonSerializer.Deserialize<NodeCommand>(polled["command"]!.ToJsonString(), ContractJson.Options).ShouldBe(stop);
        }

        _host.NodeWay.LastPatience.ShouldBe(TimeSpan.FromSeconds(7));
        (await world.AnotherNode.GetAsync("/api/nodes/poll-job?wait=0")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await ApiHost.JsonOfAsync(await BeatAsync(world.AnotherNode, """{"acks":["ack-1"]}""")))["unknown"]!.ToJsonString().ShouldBe("""["ack-1"]""");
        (await ApiHost.JsonOfAsync(await BeatAsync(_node, """{"acks":["ack-1"]}""")))["acked"]!.ToJsonString().ShouldBe("""["ack-1"]""");
        (await _node.GetAsync("/api/nodes/poll-job?wait=0")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task What_is_said_goes_through_the_door_as_the_signed_in_node()
    {
        var answer = await ApiHost.JsonOfAsync(await BeatAsync(_node, """{"messages":[{"kind":"beat","at":5,"leases":[]},{"kind":"who-knows"}]}"""));

        answer["unread"]!.GetValue<int>().ShouldBe(1);
        var (sender, message) = _host.NodeWay.Said.Last();
        sender.ShouldBe(AccessWorld.NodeId);
        message.ShouldBeOfType<NodeBundle>().Messages.Select(m => m?.GetType()).ShouldBe([typeof(Beat), null]);
    }

    [Theory]
    [InlineData("/api/nodes/poll-job?wait=31", 400)]
    [InlineData("/api/nodes/poll-job?wait=-1", 400)]
    [InlineData("/api/nodes/poll-job?nodeId=1f8fad5b-d9cb-469f-a165-70867728950e", 403)]
    [InlineData("/api/nodes/poll-job?nodeId=nonsense", 403)]
    public async Task A_question_that_can_not_be_is_refused(string path, int status) =>
        (await _node.GetAsync(path)).StatusCode.ShouldBe((HttpStatusCode)status);

    [Fact]
    public async Task A_banned_node_has_no_say()
    {
        await using var host = await ApiHost.StartAsync();
        host.Nodes.All[AccessWorld.NodeId] = _host.Nodes.All[AccessWorld.NodeId] with { Status = NodeStatus.Slashed };
        var node = await host.SignInAsync(TestWallet.Node);

        (await node.GetAsync("/api/nodes/poll-job?wait=0")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await BeatAsync(node, """{"messages":[]}""")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        host.NodeWay.Said.ShouldBeEmpty();
    }

    [Fact]
    public async Task More_messages_than_one_bundle_may_hold_are_refused_and_none_is_taken()
    {
        var before = _host.NodeWay.Said.Count;
        var many = string.Join(',', Enumerable.Repeat("""{"kind":"beat","at":5,"leases":[]}""", 65));

        (await BeatAsync(_node, $$"""{"messages":[{{many}}]}""")).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        _host.NodeWay.Said.Count.ShouldBe(before);
    }

    [Fact]
    public async Task A_receipt_is_taken_from_the_signed_in_node_and_one_that_the_door_drops_is_a_conflict()
    {
        var job = await world.RunningJobAsync();
        var receipt = ReceiptOf(job);
        var body = JsonSerializer.Serialize(new { receipt, signature = TestWallet.Node.Sign("receipt") }, ContractJson.Options);

        _host.NodeWay.DropsReceipts = true;
        (await CompleteAsync(body)).StatusCode.ShouldBe(HttpStatusCode.Conflict);
        _host.NodeWay.DropsReceipts = false;
        var taken = await CompleteAsync(body);

        taken.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        (await ApiHost.JsonOfAsync(taken))["receiptHash"]!.GetValue<string>().ShouldBe(receipt.Hash().ToString());
        _host.NodeWay.Said.Last().Sender.ShouldBe(AccessWorld.NodeId);
    }

    [Theory]
    [InlineData("""{"receipt":{},"signature":"x"}""")]
    [InlineData("""{"receipt":{"jobId":null},"signature":"x"}""")]
    [InlineData("""{"receipt":[],"signature":"x"}""")]
    [InlineData("""{"signature":"x"}""")]
    public async Task A_body_that_is_no_receipt_is_refused_with_its_pointer(string body)
    {
        var answer = await CompleteAsync(body);

        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await answer.Content.ReadAsStringAsync()).ShouldContain("/receipt");
    }

    private static Task<HttpResponseMessage> BeatAsync(HttpClient client, string body) => client.PostAsync("/api/nodes/heartbeat", ApiHost.Json(body));

    private Task<HttpResponseMessage> CompleteAsync(string body) => _node.PostAsync("/api/facilitator/complete-job", ApiHost.Json(body));

    private static Receipt ReceiptOf(JobId job) => new(
        job, new Contracts.Intents.IntentId(Guid.NewGuid()), AccessWorld.NodeId, 1, 1, Hash256.Zero, "sha256:x", Hash256.Zero, Hash256.Zero, 1, 2, 0, false, false,
        Hash256.Zero, 0, Receipt.RootOf(Array.Empty<Artifact>()), [], [], 0, 0, Hash256.Zero, Hash256.Zero);
}
