using Hypernode.Contracts.Events;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Topology;
using Hypernode.Host.Messaging;
using Hypernode.Host.Messaging.Adapters.RabbitMq;
using Xunit.Abstractions;

namespace Hypernode.Host.Tests.Messaging;

/// <summary>Several hosts with the saga on one broker: each queue is read by one of them, and they share.</summary>
[Trait("Needs", "rabbitmq")]
[Trait("Needs", "postgres")]
public sealed class ShardTests(ITestOutputHelper output) : BrokerTests
{
    [Fact]
    public async Task Hosts_that_start_one_after_the_other_come_to_share_and_one_that_goes_leaves_its_queues_to_the_rest()
    {
        await using var first = await StartAsync();
        await RunJobsAsync(first);
        Busy(first).ShouldBe(Queues.SagaShards, "alone it has them all");
        (await BalanceAsync(first)).ShouldBe(0);

        var second = await StartAsync();
        await RunJobsAsync(first);
        (Busy(first), Busy(second)).ShouldBe((Queues.SagaShards, 0), "who comes second waits");
        (await BalanceAsync(second)).ShouldBe(0, "it has nothing to let go, but is counted from now on");

        await RunJobsAsync(first);
        (await BalanceAsync(first)).ShouldBe(Queues.SagaShards / 2);
        Busy(second);
        await RunJobsAsync(first);
        (Busy(first), Busy(second)).ShouldBe((Queues.SagaShards / 2, Queues.SagaShards / 2));
        await RunJobsAsync(first);
        ((await BalanceAsync(first)) + (await BalanceAsync(second))).ShouldBe(0, "what is balanced stays");

        await second.DisposeAsync();
        await RunJobsAsync(first);
        Busy(first).ShouldBe(Queues.SagaShards);
    }

    [Fact]
    public async Task Queues_that_change_hands_under_load_lose_no_message_and_handle_none_twice()
    {
        await using var first = await StartAsync();
        await using var second = await StartAsync();
        var jobs = new List<JobId>();
        for (var round = 0; round < 6; round++)
        {
            var some = await SubmitAsync(first, 20);
            jobs.AddRange(some);
            await Task.WhenAll(some.Select(job => first.SendAsync(Queues.Shard(job), new CancelRequested(job), Guid.NewGuid())));
            await (round % 2 == 0 ? first : second).Get<SagaShards>().LetGoAsync(round, CancellationToken.None);
        }

        await Eventually.IsTrueAsync(async () => await Database.CountAsync("jobs", "state = 'Rejected'") == jobs.Count, "every job's end", 60);
        (await Database.CountAsync("job_transitions", "state = 'Rejected'")).ShouldBe(jobs.Count);
        (await first.Dead.ListAsync(10, CancellationToken.None)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(1u, 0)]
    [InlineData(2u, 4)]
    [InlineData(3u, 5)]
    [InlineData(8u, 7)]
    [InlineData(9u, 7)]
    [InlineData(0u, 0)]
    public void A_host_with_everything_keeps_its_share(uint hosts, int surplus) =>
        ShardBalance.Surplus([1, 1, 1, 1, 1, 1, 1, 1], hosts).Count.ShouldBe(surplus);

    [Fact]
    public void Queues_without_messages_are_no_burden() => ShardBalance.Surplus([0, 0, 5, 0, 0, 7, 0, 0], 4).ShouldBeEmpty();

    private Task<BrokerHost> StartAsync() => StartAsync("sagas");

    private static int Busy(BrokerHost host) => host.Get<SagaShards>().TakeDeliveries().Count(n => n > 0);

    private static Task<int> BalanceAsync(BrokerHost host) => host.Get<ShardBalance>().RunOnceAsync(CancellationToken.None);

    private static async Task<IReadOnlyList<JobId>> SubmitAsync(BrokerHost host, int count)
    {
        var jobs = new List<JobId>();
        for (var i = 0; i < count; i++)
        {
            var submission = Submissions.For(Queues.Saga[i % Queues.SagaShards]);
            (await host.Get<IJobIntake>().SubmitAsync(submission, CancellationToken.None)).ShouldBe(IntakeResult.Accepted);
            jobs.Add(submission.Intent.JobId);
        }

        return jobs;
    }

    /// <summary>Five jobs a queue, each with a message by the broker.</summary>
    private async Task RunJobsAsync(BrokerHost host)
    {
        var jobs = await SubmitAsync(host, 40);
        var ids = jobs.ToDictionary(job => job, _ => Guid.NewGuid());
        await Task.WhenAll(jobs.Select(job => host.SendAsync(Queues.Shard(job), new CancelRequested(job), ids[job])));
        var list = string.Join(",", ids.Values.Select(id => $"'{id}'"));
        await Eventually.IsTrueAsync(async () => await Database.CountAsync("inbox", $"message_id in ({list})") == jobs.Count, "all of them", 60);
        output.WriteLine($"{jobs.Count} jobs");
    }
}
