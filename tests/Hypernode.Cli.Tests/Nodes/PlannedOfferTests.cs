using Hypernode.Cli.Client;
using Hypernode.Cli.Nodes;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Nodes;
using Hypernode.NodeAgent;
using Hypernode.NodeAgent.Hardware;
using Hypernode.Solana;

namespace Hypernode.Cli.Tests.Nodes;

public sealed class PlannedOfferTests
{
    private const string A = "GPU-aaaaaaaa-0000-4000-8000-000000000001";
    private const string B = "GPU-bbbbbbbb-0000-4000-8000-000000000002";
    private const string C = "GPU-cccccccc-0000-4000-8000-000000000003";
    private static readonly PublicKey Key = new(Enumerable.Repeat((byte)3, 32).ToArray());
    private static readonly EngineFacts Engine = new("20.10", new Version(1, 41), "2", ["runc"], "runc", 8, 32L << 30, "/", []);

    [Fact]
    public void A_machine_with_GPUs_offers_one_slot_for_each()
    {
        var offer = PlannedOffer.Of(Plan(), Machine(A, B), null, new AgentOptions());
        (offer.Slots, offer.CpuMillis, offer.MemoryMb).ShouldBe((2, 4_000, 13_107));
        offer.GpusOf(1).Select(g => g.Uuid).ShouldBe([B]);
    }

    [Fact]
    public void A_machine_without_GPUs_offers_one_slot() => PlannedOffer.Of(Plan(), Machine(), null, new AgentOptions()).Slots.ShouldBe(1);

    [Fact]
    public void What_was_asked_for_goes_first_then_what_was_published()
    {
        PlannedOffer.Of(Plan(slots: 1), Machine(A, B), null, new AgentOptions()).Slots.ShouldBe(1);
        PlannedOffer.Of(Plan(), Machine(A, B), Published(4), new AgentOptions()).Slots.ShouldBe(4);
    }

    [Fact]
    public void While_the_engine_is_away_the_GPUs_stay_as_they_were()
    {
        var away = Machine() with { Engine = null };
        PlannedOffer.Of(Plan(), away, Published(2, ("x", 1), ("y", 2)), new AgentOptions { Gpus = { A, B } }).Gpus.ShouldBe([new GpuInfo(A, "x", 1), new GpuInfo(B, "y", 2)]);
        PlannedOffer.Of(Plan(), Machine(), Published(2, ("x", 1), ("y", 2)), new AgentOptions { Gpus = { A, B } }).Gpus.ShouldBeEmpty("the engine answers, and has none");
    }

    [Fact]
    public void Another_GPU_of_the_same_kind_is_registered_anew()
    {
        var published = Published(2, ("RTX", 8_192), ("RTX", 8_192)) with { CpuMillis = 4_000, MemoryMb = 13_107 };
        var (same, other) = (PlannedOffer.Of(Plan(), Machine(A, B), published, new AgentOptions()), PlannedOffer.Of(Plan(), Machine(A, C), published, new AgentOptions()));
        var settings = new AgentOptions { Gpus = { A, B } };
        PlannedOffer.IsAsPublished(published, settings, same, Key, Key).ShouldBeTrue();
        PlannedOffer.IsAsPublished(published, settings, other, Key, Key).ShouldBeFalse();
    }

    private static HardwareReport Machine(params string[] gpus) => new(
        new MachineFacts("CPU", 8, 32_768, 1, 1, null), Engine, [.. gpus.Select(g => new GpuInfo(g, "RTX", 8_192))], "550", "12.4", "");

    private static NodeAnswer Published(int slots, params (string Model, int VramMb)[] gpus) => new(
        "n", Key.Key, Key.Key, "active", slots, 0, 1_000, 512, 2_000, [.. gpus.Select(g => new GpuAnswer(g.Model, g.VramMb))], [], 0, 0, 0, 0);

    private static JoinPlan Plan(int? slots = null) => new(
        new NodeFolder("/nowhere"), "", "", "localnet", Key, null, null, null, null, HyperAmount.Zero, null, slots, null, null, [], null, null, null, null, TimeSpan.Zero);
}
