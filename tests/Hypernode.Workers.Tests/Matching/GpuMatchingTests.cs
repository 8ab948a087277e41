using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Events;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Workers.Matching;
using Hypernode.Workers.Tests.Fakes;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Hypernode.Workers.Tests.Matching;

/// <summary>A slot owns its GPUs: which slot a job gets, and what it gets of it.</summary>
public sealed class GpuMatchingTests
{
    private readonly HonestRun _run = new();
    private readonly FakeNodes _nodes = new();
    private readonly FakeTime _time = new();

    [Fact]
    public async Task A_job_gets_the_GPUs_of_its_slot_and_the_next_one_others()
    {
        var node = Add(slots: 2, 8_192, 8_192, 8_192, 8_192);
        var first = (await MatchAsync(gpus: 2)).ShouldBeOfType<NodeMatched>();
        (first.Slot, Said(first)).ShouldBe((0, "0 1"));
        Hold(node, 0);
        var second = (await MatchAsync(gpus: 2)).ShouldBeOfType<NodeMatched>();
        (second.Slot, Said(second)).ShouldBe((1, "2 3"));
        Hold(node, 1);
        (await ReasonAsync(gpus: 2)).ShouldBe("1 node: 1 busy");
    }

    [Fact]
    public async Task It_gets_no_more_than_it_asks_for_and_only_those_with_enough_memory()
    {
        Add(slots: 1, 4_096, 8_192, 16_384);
        (await MatchAsync(gpus: 1, vram: 8_192)).ShouldBeOfType<NodeMatched>().GpuUuids.ShouldBe(["1"]);
        (await MatchAsync(gpus: 2, vram: 8_192)).ShouldBeOfType<NodeMatched>().GpuUuids.ShouldBe(["1", "2"]);
    }

    [Fact]
    public async Task GPUs_of_two_slots_never_add_up_to_one_job()
    {
        Add(slots: 2, 8_192, 8_192);
        (await ReasonAsync(gpus: 2)).ShouldBe("1 node: 1 too few fitting GPUs");
    }

    [Fact]
    public async Task A_fitting_slot_that_is_taken_is_busy_and_not_too_small_though_others_are_free()
    {
        var node = Add(slots: 2, 24_576, 8_192);
        Hold(node, 0);
        (await ReasonAsync(gpus: 1, vram: 16_384)).ShouldBe("1 node: 1 busy");
        (await ReasonAsync(gpus: 1, vram: 32_768)).ShouldBe("1 node: 1 too few fitting GPUs");
    }

    [Fact]
    public async Task A_job_without_GPUs_leaves_them_to_others_as_long_as_it_can()
    {
        var node = Add(slots: 3, 8_192, 8_192);
        var matched = (await MatchAsync(gpus: 0)).ShouldBeOfType<NodeMatched>();
        (matched.Slot, matched.GpuUuids).ShouldBe((2, null));
        Hold(node, 2);
        (await MatchAsync(gpus: 0)).ShouldBeOfType<NodeMatched>().Slot.ShouldBe(0);
    }

    [Fact]
    public async Task The_slot_that_wastes_least_is_taken_by_GPUs_and_then_by_their_memory()
    {
        var node = Add(slots: 3, 8_192, 8_192, 24_576, 8_192); // 0 and 1, 2, 3
        (await MatchAsync(gpus: 1)).ShouldBeOfType<NodeMatched>().Slot.ShouldBe(2);
        Hold(node, 2);
        (await MatchAsync(gpus: 1)).ShouldBeOfType<NodeMatched>().Slot.ShouldBe(1);
        Hold(node, 1);
        (await MatchAsync(gpus: 1)).ShouldBeOfType<NodeMatched>().Slot.ShouldBe(0);
    }

    [Fact]
    public async Task A_match_can_be_repeated()
    {
        Add(slots: 4, 8_192, 8_192, 8_192, 8_192, 8_192, 8_192);
        var answers = new List<NodeMatched>();
        for (var i = 0; i < 3; i++)
        {
            answers.Add((await MatchAsync(gpus: 1)).ShouldBeOfType<NodeMatched>());
        }

        answers.Select(a => (a.Slot, Said(a))).Distinct().ShouldBe([(2, "4")]);
    }

    private NodeView Add(int slots, params int[] vram)
    {
        var node = new NodeView(
            new NodeId(new Guid(1, 0, 0, new byte[8])), new Key(51).Address, new Key(81).Address, "host", NodeStatus.Active,
            new NodeOffer(slots, 2_000, 1_024, new HyperAmount(1), [.. vram.Select((mb, i) => new GpuInfo($"{i}", "x", mb))], []), 0, 0, HyperAmount.Zero,
            FakeTime.Noon, FakeTime.Noon);
        _nodes.All.Add(node);
        return node;
    }

    private static string Said(NodeMatched match) => string.Join(' ', match.GpuUuids!);

    private void Hold(NodeView node, int slot) => _nodes.Leases.Add(_run.Lease with { NodeId = node.Id, Slot = slot });

    private Task<object> MatchAsync(int gpus, int vram = 0)
    {
        var spec = _run.Spec with { Limits = _run.Spec.Limits with { Gpus = gpus, GpuVramMb = vram } };
        var matcher = new JobMatcher(
            new NodeCapacity(_nodes, _time), new FakeIds(), Options.Create(new WorkflowWindows()), _time, NullLogger<JobMatcher>.Instance);
        return matcher.HandleAsync(new MatchJob(_run.JobId, 1, spec, _run.Intent.Amount, _run.SettleBy, []), CancellationToken.None);
    }

    private async Task<string> ReasonAsync(int gpus, int vram = 0) => (await MatchAsync(gpus, vram)).ShouldBeOfType<NodeMatchFailed>().Reason;
}
