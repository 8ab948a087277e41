using FsCheck;
using FsCheck.Fluent;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Nodes;

namespace Hypernode.Contracts.Tests;

public sealed class GpuSharesTests
{
    [Fact]
    public void Shares_are_disjoint_cover_the_list_in_its_order_and_differ_by_one_GPU_at_most() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(500),
        Prop.ForAll(
            Gen.Choose(1, 20).SelectMany(_ => Gen.Choose(0, 40), (slots, gpus) => (slots, gpus)).ToArbitrary(),
            given =>
            {
                var offer = Offer(given.slots, [.. Enumerable.Range(0, given.gpus).Select(i => i * 1_000)]);
                var shares = Enumerable.Range(0, given.slots).Select(offer.GpusOf).ToList();

                shares.SelectMany(s => s).ShouldBe(offer.Gpus);
                (shares.Max(s => s.Count) - shares.Min(s => s.Count)).ShouldBeLessThanOrEqualTo(1);
                shares.Select(s => s.Count).ShouldBe(shares.Select(s => s.Count).OrderDescending());
            }));

    [Fact]
    public void What_a_job_gets_is_of_the_share_and_fits_exactly_when_there_is_enough() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(500),
        Prop.ForAll(
            (from slots in Gen.Choose(1, 6)
             from memory in Gen.Choose(0, 4).ListOf()
             from wanted in Gen.Choose(0, 4)
             from each in Gen.Choose(0, 4)
             select (slots, memory: memory.ToArray(), limits: new JobLimits(1, 1, wanted, each))).ToArbitrary(),
            given =>
            {
                var offer = Offer(given.slots, given.memory);
                foreach (var slot in Enumerable.Range(0, given.slots))
                {
                    var fitting = offer.GpusOf(slot).Where(g => g.VramMb >= given.limits.GpuVramMb).Select(g => g.Uuid).ToList();
                    offer.Fits(slot, given.limits).ShouldBe(fitting.Count >= given.limits.Gpus);
                    offer.GpusFor(slot, given.limits).ShouldBe(fitting.Count >= given.limits.Gpus ? fitting.Take(given.limits.Gpus) : null);
                    offer.WorthOf(slot).ShouldBe((offer.GpusOf(slot).Count, offer.GpusOf(slot).Sum(g => (long)g.VramMb)));
                }
            }));

    /// <summary>Leases outlive releases: a rule that moved GPUs between slots would give one GPU to two jobs.</summary>
    [Theory]
    [InlineData(1, 3, "0,1,2")]
    [InlineData(2, 4, "0,1 2,3")]
    [InlineData(2, 5, "0,1,2 3,4")]
    [InlineData(3, 5, "0,1 2,3 4")]
    [InlineData(4, 2, "0 1  ")]
    [InlineData(4, 0, "   ")]
    public void The_rule_is_this_one_for_ever(int slots, int gpus, string shares)
    {
        var offer = Offer(slots, [.. Enumerable.Range(0, gpus)]);
        string.Join(' ', Enumerable.Range(0, slots).Select(s => string.Join(',', offer.GpusOf(s).Select(g => g.Uuid)))).ShouldBe(shares);
    }

    [Fact]
    public void A_slot_that_the_offer_does_not_have_owns_nothing()
    {
        var offer = Offer(2, [1, 1]);
        offer.GpusOf(2).ShouldBeEmpty();
        offer.GpusOf(-1).ShouldBeEmpty();
        Offer(0, [1]).GpusOf(0).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("GPU-8a3b4f1e-52c7-4d0b-9a61-0f3e5d7c2b18", true)]
    [InlineData("GPU-8A3B4F1E-52C7-4D0B-9A61-0F3E5D7C2B18", false)]
    [InlineData("GPU-8a3b4f1e-52c7-4d0b-9a61-0f3e5d7c2b18\n", false)]
    [InlineData("GPU-8a3b4f1e-52c7-4d0b-9a61-0f3e5d7c2b18,GPU-8a3b4f1e-52c7-4d0b-9a61-0f3e5d7c2b19", false)]
    [InlineData("MIG-8a3b4f1e-52c7-4d0b-9a61-0f3e5d7c2b18", false)]
    [InlineData("8a3b4f1e-52c7-4d0b-9a61-0f3e5d7c2b18", false)]
    [InlineData("GPU-8a3b", false)]
    [InlineData("all", false)]
    [InlineData("0", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void A_uuid_names_one_whole_GPU_and_nothing_else(string? text, bool good) => GpuInfo.IsUuid(text).ShouldBe(good);

    private static NodeOffer Offer(int slots, IReadOnlyList<int> vram) =>
        new(slots, 1_000, 1_024, new HyperAmount(1), [.. vram.Select((mb, i) => new GpuInfo($"{i}", "x", mb))], []);
}
