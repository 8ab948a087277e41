using Hypernode.Contracts.Jobs;

namespace Hypernode.Contracts.Tests;

public sealed class WorkflowWindowsTests
{
    [Fact]
    public void Settle_by_leaves_room_for_every_attempt()
    {
        var windows = new WorkflowWindows { MatchSeconds = 10, MaxAttempts = 3, StartPatienceSeconds = 5, VerificationSeconds = 7 };

        windows.SettleBy(1_001, TimeSpan.FromSeconds(20)).ShouldBe(2 + 10 + (3 * 25) + 7);
    }

    [Fact]
    public void No_lease_begins_that_could_not_be_judged_in_time()
    {
        var windows = new WorkflowWindows { VerificationSeconds = 10 };

        windows.LastLeaseAt(100, TimeSpan.FromSeconds(20)).ShouldBe(DateTimeOffset.FromUnixTimeSeconds(70));
    }

    [Fact]
    public void Patience_with_a_silent_node_grows_with_its_work()
    {
        var windows = new WorkflowWindows();

        windows.SilencePatience(TimeSpan.Zero).ShouldBe(TimeSpan.FromSeconds(15));
        windows.SilencePatience(TimeSpan.FromHours(5)).ShouldBe(TimeSpan.FromSeconds(90));
    }

    [Theory]
    [InlineData(10, null, 15)]
    [InlineData(10, 7, 7)]
    [InlineData(1_000, null, 300)]
    [InlineData(10, 10_000, 300)]
    [InlineData(0, null, 1)]
    public void A_run_limit_is_what_was_asked_for_up_to_the_type_s_cap(int estimate, int? timeout, int seconds) =>
        new JobSpec(JobType.Inference, "x", new JobLimits(1, 1, TimeoutSeconds: timeout), estimate).RunLimit().ShouldBe(TimeSpan.FromSeconds(seconds));
}
