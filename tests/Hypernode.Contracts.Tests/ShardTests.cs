using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Topology;

namespace Hypernode.Contracts.Tests;

public sealed class ShardTests
{
    /// <summary>Hosts of several builds must agree, or a job's messages would meet in two memories.</summary>
    [Theory]
    [InlineData("00000000-0000-0000-0000-000000000000", 5)]
    [InlineData("0f0e0d0c-0b0a-0908-0706-050403020100", 1)]
    [InlineData("f47ac10b-58cc-4372-a567-0e02b2c3d479", 0)]
    public void A_job_s_queue_is_the_same_in_every_build(string id, int shard) =>
        Queues.Shard(new JobId(Guid.Parse(id))).ShouldBe($"hypernode.jobs.{shard}");

    [Fact]
    public void Jobs_spread_evenly()
    {
        var random = new Random(7);
        var bytes = new byte[16];
        var counts = Enumerable.Range(0, 8_000).GroupBy(_ =>
        {
            random.NextBytes(bytes);
            return Queues.Shard(new JobId(new Guid(bytes)));
        }).Select(g => g.Count()).ToList();

        counts.Count.ShouldBe(Queues.SagaShards);
        counts.ShouldAllBe(n => n > 850 && n < 1_150);
    }

    [Fact]
    public void Only_the_saga_is_many_queues_and_it_is_always_about_a_job()
    {
        Queues.Address(Queues.MatchJob, null).ShouldBe(Queues.MatchJob);
        Queues.Saga.ShouldContain(Queues.Address(Queues.JobSaga, new JobId(Guid.NewGuid())));
        Should.Throw<ArgumentException>(() => Queues.Address(Queues.JobSaga, null));
    }
}
