using Hypernode.Cli.Client;
using Hypernode.Cli.Nodes;
using Hypernode.NodeAgent;
using Hypernode.NodeAgent.Hardware;
using Hypernode.Solana;
using Hypernode.Solana.NodeRegistry;

namespace Hypernode.Cli.Tests.Nodes;

public class NodeReportTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeMilliseconds(1_000 * 86_400_000L);
    private static readonly PublicKey Key = new(Enumerable.Repeat((byte)3, 32).ToArray());
    private static readonly NodeStatsAnswer Market = new(2, 2, 0, 2_000);

    private static readonly NodeAnswer Published = new(
        "n", "k", "a", "active", 1, 0, 1000, 512, 2_000, [], [], JobsCompleted: 4, Earned: 1_000, Now.AddDays(-2).ToUnixTimeMilliseconds(), Now.AddSeconds(-15).ToUnixTimeMilliseconds());

    private static readonly RegisteredNode Chain = new(
        Guid.Empty, Key, Key, Key, 100_000_000, 0, 0, 0, 0, 0, NodeTier.Starter, NodeStatus.Active, 5_000, 0, 0, 0, 0, 0, 0, 0, 0, new byte[32], "");

    [Fact]
    public void A_node_with_nothing_in_its_way_is_told_what_it_earns()
    {
        var report = NodeReport.Of("n", Published, Market, Chain, [], Now);

        report.WhyNoJobs.ShouldBeEmpty();
        (report.EarnedPerJob, report.EarnedPerDay, report.MaxJobs, report.Reputation).ShouldBe((250UL, 500UL, 1, 5_000));
        StatusCommand.Describe(report).ShouldContain("jobs        should come");
    }

    [Fact]
    public void Each_thing_in_the_way_is_named()
    {
        Why(published: null).ShouldContain("does not know the node");
        Why(Published with { LastSeenAt = null }).ShouldContain("never given a sign of life");
        Why(Published with { LastSeenAt = Now.AddHours(-1).ToUnixTimeMilliseconds() }).ShouldContain("no sign of life for 60 minutes");
        Why(Published with { Status = "jailed" }).ShouldContain("jailed");
        Why(Published with { BusySlots = 1 }).ShouldContain("busy");
        Why(Published with { PricePerSecond = 2_001 }).ShouldContain("others are cheaper: the lowest price is 0.002 HYPER");
        Why(Published with { Slots = 2 }).ShouldContain("good for 1 job at once, not for 2");
        Of(Published, null).ShouldContain("not in the registry");
        Of(Published, Chain with { StakeAmount = 1, Tier = NodeTier.None }).ShouldContain("not enough stake");
        Of(Published, Chain with { Status = NodeStatus.Draining }).ShouldContain("Draining");
        Of(Published, Chain with { PendingIncidents = 1 }).ShouldContain("1 pending slash incident");
        string.Join('\n', NodeReport.Of("n", Published, Market, Chain, [new("images", CheckState.Note, "not in the cache: x", "docker pull x"), new("clock", CheckState.Note, "late")], Now).WhyNoJobs)
            .ShouldBe("images: not in the cache: x → docker pull x");
    }

    [Fact]
    public void Slots_are_shown_with_their_GPUs_by_what_was_published_and_by_the_settings_alone()
    {
        var options = new AgentOptions { Slots = 2, Gpus = { "GPU-aaaaaaaa-0000-4000-8000-000000000001" } };
        StatusCommand.GpusOf(options, Published with { Gpus = [new("RTX 4090", 24_564)] }).ShouldBe(
            ["slot 0: RTX 4090 24564 MiB (GPU-aaaaaaaa-0000-4000-8000-000000000001)", "slot 1: no GPU"]);
        StatusCommand.GpusOf(options, null)[0].ShouldContain("GPU-aaaaaaaa");
        StatusCommand.GpusOf(new AgentOptions(), Published).ShouldBeEmpty();
        StatusCommand.Describe(NodeReport.Of("n", Published, Market, Chain, [], Now) with { SlotGpus = ["slot 0: x"] }).ShouldContain("\n            slot 0: x\n");
    }

    private static string Why(NodeAnswer? published) => Of(published, Chain);

    private static string Of(NodeAnswer? published, RegisteredNode? chain) =>
        string.Join('\n', NodeReport.Of("n", published, Market, chain, [], Now).WhyNoJobs);
}
