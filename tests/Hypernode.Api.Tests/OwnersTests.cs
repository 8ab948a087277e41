using System.Net;
using Hypernode.Api.Tests.Fakes;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;

namespace Hypernode.Api.Tests;

/// <summary>What the owner of nodes may ask for and do.</summary>
public sealed class OwnersTests(AccessWorld world) : IClassFixture<AccessWorld>
{
    private readonly ApiHost _host = world.Host;

    private NodeView Node
    {
        get => _host.Nodes.All[AccessWorld.NodeId];
        set => _host.Nodes.All[AccessWorld.NodeId] = value;
    }

    [Fact]
    public async Task A_node_is_drained_and_brought_back_as_often_as_one_asks()
    {
        foreach (var (action, status) in new[] { ("drain", NodeStatus.Draining), ("drain", NodeStatus.Draining), ("undrain", NodeStatus.Active), ("undrain", NodeStatus.Active) })
        {
            var answer = await ActAsync(action);
            answer.StatusCode.ShouldBe(HttpStatusCode.OK);
            (await ApiHost.JsonOfAsync(answer))["status"]!.GetValue<string>().ShouldBe(status.ToString().ToLowerInvariant());
            Node.Status.ShouldBe(status);
        }
    }

    [Theory]
    [InlineData(NodeStatus.Jailed)]
    [InlineData(NodeStatus.Slashed)]
    [InlineData(NodeStatus.Retired)]
    public async Task A_sentence_is_not_shaken_off_by_draining(NodeStatus sentence)
    {
        Node = Node with { Status = sentence };

        (await ActAsync("drain")).StatusCode.ShouldBe(HttpStatusCode.Conflict);
        (await ActAsync("undrain")).StatusCode.ShouldBe(HttpStatusCode.Conflict);

        Node.Status.ShouldBe(sentence);
        Node = Node with { Status = NodeStatus.Active };
    }

    [Fact]
    public async Task Rewards_are_paid_already_and_the_answer_says_so()
    {
        Node = Node with { Earned = new HyperAmount(2_500_000), JobsCompleted = 3 };

        var mine = await ApiHost.JsonOfAsync(await world.Callers["owner"].PostAsync("/api/facilitator/claim-rewards", null));
        var theirs = await ApiHost.JsonOfAsync(await world.Callers["other"].PostAsync("/api/facilitator/claim-rewards", null));

        (mine["claimable"]!.GetValue<ulong>(), mine["earned"]!.GetValue<ulong>(), mine["earnedHyper"]!.GetValue<string>()).ShouldBe((0UL, 2_500_000UL, "2.5"));
        mine["nodes"]!.AsArray().Count.ShouldBe(2);
        theirs["earned"]!.GetValue<ulong>().ShouldBe(0UL);
        theirs["nodes"]!.AsArray().ShouldBeEmpty();
    }

    private Task<HttpResponseMessage> ActAsync(string action) => world.Callers["owner"].PostAsync($"/api/nodes/{AccessWorld.NodeId}/{action}", null);
}
