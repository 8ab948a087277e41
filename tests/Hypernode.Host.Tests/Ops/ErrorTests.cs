using System.Text.Json.Nodes;
using Hypernode.Contracts.Events;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Topology;
using Hypernode.Host.Ops;
using Hypernode.Host.Tests.Messaging;
using Microsoft.Extensions.Configuration;

namespace Hypernode.Host.Tests.Ops;

/// <summary>F09 and F26 as an operator meets them.</summary>
[Trait("Needs", "rabbitmq")]
[Trait("Needs", "postgres")]
public sealed class ErrorTests : BrokerTests
{
    [Fact]
    public async Task Dead_letters_are_one_line_a_cause_and_nothing_that_they_hold_is_shown()
    {
        await using var host = await StartAsync("sagas");
        var poison = Enumerable.Range(0, 3).Select(_ => Guid.NewGuid()).ToList();
        foreach (var id in poison)
        {
            await host.SendAsync(Queues.Saga[0], new CancelRequested(new JobId(Guid.NewGuid())), id);
            await host.ParkedAsync(id);
        }

        await host.SendRawAsync(Queues.Saga[1], """{"messageType":["urn:message:Hypernode.Contracts.Events:OfTheFuture"],"message":{"script":"hunter2","signature":"hunter2"},"headers":{}}""", $"{Guid.NewGuid()}");
        await Eventually.IsTrueAsync(async () => (await host.Dead.ListAsync(100, CancellationToken.None)).Count == 4, "the fourth dead letter");

        var (code, text) = await RunAsync("errors");

        code.ShouldBe(0);
        text.ShouldNotContain("hunter2");
        var groups = JsonNode.Parse(text)!["groups"]!.AsArray();
        groups.Count.ShouldBe(2);
        var first = groups[0]!;
        (first["count"]!.GetValue<int>(), first["replayable"]!.GetValue<int>(), (string?)first["queue"]).ShouldBe((3, 3, Queues.JobSaga));
        ((string?)first["cause"])!.ShouldContain("UnknownJobException");
        poison.Select(p => p.ToString()).ShouldContain((string?)first["example"]);
        first["firstSeen"]!.GetValue<DateTimeOffset>().ShouldBeLessThanOrEqualTo(first["lastSeen"]!.GetValue<DateTimeOffset>());
        ((string?)groups[1]!["cause"]).ShouldBe("unconsumed");
    }

    [Fact]
    public async Task A_replay_is_dry_until_it_is_wanted_then_moves_a_group_within_its_bound_and_back_they_come_while_the_cause_is_there()
    {
        await using var host = await StartAsync("sagas");
        for (var i = 0; i < 3; i++)
        {
            var id = Guid.NewGuid();
            await host.SendAsync(Queues.Saga[0], new CancelRequested(new JobId(Guid.NewGuid())), id);
            await host.ParkedAsync(id);
        }

        var group = (string)JsonNode.Parse((await RunAsync("errors")).Text)!["groups"]![0]!["group"]!;
        (await ReplayAsync(group)).ShouldSatisfyAllConditions(
            r => r["dryRun"]!.GetValue<bool>().ShouldBeTrue(), r => r["replayed"]!.GetValue<int>().ShouldBe(3), r => r["items"]!.AsArray().Count.ShouldBe(3));
        (await host.Dead.ListAsync(100, CancellationToken.None)).ShouldAllBe(l => l.Count == 1);

        (await ReplayAsync(group, "--yes", "--limit", "2")).ShouldSatisfyAllConditions(
            r => r["dryRun"]!.GetValue<bool>().ShouldBeFalse(), r => r["replayed"]!.GetValue<int>().ShouldBe(2), r => r["left"]!.GetValue<int>().ShouldBe(1));
        await Eventually.IsTrueAsync(async () => (await host.Dead.ListAsync(100, CancellationToken.None)).Count(l => l.Count == 2) == 2, "the two, back");
    }

    [Fact]
    public async Task What_can_t_be_repeated_safely_is_refused_with_its_reason_and_stays()
    {
        await using var host = await StartAsync("sagas");
        var (ofNode, foreign, worn, none) = ($"{Guid.NewGuid()}", $"{Guid.NewGuid()}", $"{Guid.NewGuid()}", $"{Guid.NewGuid()}");
        await ParkAsync(host, Queues.NodesIngress, ofNode);
        await ParkAsync(host, "amq.direct", foreign);
        await ParkAsync(host, Queues.SettlePayment, worn, count: 4);
        await ParkAsync(host, Queues.SettlePayment, null);
        var groups = JsonNode.Parse((await RunAsync("errors")).Text)!["groups"]!.AsArray();
        groups.Sum(g => g!["replayable"]!.GetValue<int>()).ShouldBe(0);

        var (code, text) = await RunAsync(["replay", .. groups.Select(g => (string)g!["group"]!), none, "--yes"]);

        code.ShouldBe(OpsCommand.Findings);
        var report = JsonNode.Parse(text)!;
        report["replayed"]!.GetValue<int>().ShouldBe(0);
        report["items"]!.AsArray().Select(i => (string)i!["refused"]!).Order().ShouldBe(new[]
        {
            "a node said it, and nobody can say it again in its name: the node repeats what was not acknowledged",
            "it came from no queue of ours that a replay may write to",
            "it has been here 4 times: mend the cause, then name it by its id",
            "it has no message id: nothing could tell a second delivery from the first",
        }.Order());
        report["notFound"]!.AsArray().Select(n => (string)n!).ShouldBe([none]);
        (await host.Dead.ListAsync(100, CancellationToken.None)).Count.ShouldBe(4);

        // By its own name an operator may have it once more.
        (await ReplayAsync(worn, "--yes"))["replayed"]!.GetValue<int>().ShouldBe(1);
        await Eventually.IsTrueAsync(async () => await host.Channel.MessageCountAsync(Queues.SettlePayment) == 1, "the message in its queue");
    }

    [Fact]
    public async Task A_broker_that_is_not_there_is_unavailable_and_the_embedded_stack_has_none()
    {
        var away = Configuration("amqp://guest:secret@127.0.0.1:1/");
        using var output = new StringWriter();
        (await OpsCommand.RunAsync(new OpsArguments(["errors"]), away, output, CancellationToken.None)).ShouldBe(OpsCommand.Unavailable);
        output.ToString().ShouldBeEmpty();
        var embedded = new ConfigurationBuilder().AddInMemoryCollection([new("Hypernode:Host:Transport", "Memory")]).Build();
        (await Should.ThrowAsync<ArgumentException>(() => OpsCommand.RunAsync(new OpsArguments(["errors"]), embedded, output, CancellationToken.None))).Message.ShouldContain("embedded");
    }

    [Fact]
    public async Task The_tables_are_asked_with_the_hosts_own_settings()
    {
        (await RunAsync("stuck")).ShouldSatisfyAllConditions(r => r.Code.ShouldBe(0), r => r.Text.ShouldContain("\"open\":0"));
        (await RunAsync("audit", "--no-chain")).ShouldSatisfyAllConditions(r => r.Code.ShouldBe(0), r => r.Text.ShouldContain("\"verdict\":\"NotChecked\""));
        await new Books(Database).AssignedAsync();
        await Database.ExecuteAsync("delete from timers; delete from outbox");
        (await RunAsync("stuck")).Code.ShouldBe(OpsCommand.Findings);
        (await RunAsync("audit", "--no-chain")).ShouldSatisfyAllConditions(r => r.Code.ShouldBe(OpsCommand.Findings), r => r.Text.ShouldContain("waits for nothing"));
    }

    private static Task ParkAsync(BrokerHost host, string queue, string? id, int count = 1) => host.SendRawAsync(
        Queues.Dead, "{}", id, new Dictionary<string, object?> { ["dead-queue"] = queue, ["dead-cause"] = $"of {id}", ["dead-count"] = $"{count}" });

    private async Task<JsonNode> ReplayAsync(params string[] words) => JsonNode.Parse((await RunAsync(["replay", .. words])).Text)!;

    private async Task<(int Code, string Text)> RunAsync(params string[] words)
    {
        using var output = new StringWriter();
        var code = await OpsCommand.RunAsync(HostArguments.Parse(["ops", .. words]).Ops!, Configuration(Broker), output, CancellationToken.None);
        return (code, output.ToString());
    }

    private IConfiguration Configuration(string broker) => new ConfigurationBuilder().AddInMemoryCollection(
    [
        new("Hypernode:Host:Transport", "RabbitMq"), new("Hypernode:RabbitMq:Uri", broker),
        new("Hypernode:Storage:Provider", "postgres"), new("Hypernode:Storage:ConnectionString", Database.ConnectionString),
    ]).Build();
}
