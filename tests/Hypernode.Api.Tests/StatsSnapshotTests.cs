using Hypernode.Api.Stats;
using Hypernode.Api.Tests.Fakes;

namespace Hypernode.Api.Tests;

public sealed class StatsSnapshotTests
{
    private readonly TestClock _clock = new();
    private readonly FakeJobs _jobs = new();

    [Fact]
    public async Task Who_asks_within_a_second_gets_the_same_sums()
    {
        var sums = new StatsSnapshot(_jobs, new FakeNodes(), _clock);
        var first = await sums.GetAsync();
        _clock.Now += TimeSpan.FromMilliseconds(999);
        (await sums.GetAsync()).ShouldBeSameAs(first);
        _clock.Now += TimeSpan.FromMilliseconds(1);
        (await sums.GetAsync()).ShouldNotBeSameAs(first);
    }

    [Fact]
    public async Task A_sum_that_could_not_be_made_is_not_kept()
    {
        var sums = new StatsSnapshot(_jobs, new FakeNodes(), _clock);
        _jobs.WhenSummed = () => throw new IOException("away");
        await Should.ThrowAsync<IOException>(sums.GetAsync());
        _jobs.WhenSummed = () => { };
        (await sums.GetAsync()).Jobs.Total.ShouldBe(0);
    }

    [Fact]
    public async Task A_sum_that_takes_long_is_made_more_rarely()
    {
        _jobs.WhenSummed = () => _clock.Now += TimeSpan.FromSeconds(2);
        var sums = new StatsSnapshot(_jobs, new FakeNodes(), _clock);
        var first = await sums.GetAsync();
        _clock.Now += TimeSpan.FromSeconds(39);
        (await sums.GetAsync()).ShouldBeSameAs(first);
        _clock.Now += TimeSpan.FromSeconds(1);
        (await sums.GetAsync()).ShouldNotBeSameAs(first);
    }
}
