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

public sealed class JobMatcherTests
{
    private readonly HonestRun _run = new();
    private readonly FakeNodes _nodes = new();
    private readonly FakeTime _time = new();

    [Fact]
    public async Task The_cheapest_fitting_node_is_matched_and_its_price_frozen()
    {
        Add(1, price: 900);
        var cheap = Add(2, price: 800);
        var matched = (await MatchAsync()).ShouldBeOfType<NodeMatched>();
        matched.ShouldBe(new NodeMatched(_run.JobId, 1, cheap.Id, cheap.NodeKey, cheap.Authority, 0, new HyperAmount(800), Key.Hash(1)));
    }

    [Fact]
    public async Task At_one_price_the_node_that_has_done_most_goes_first_and_then_the_lowest_id()
    {
        Add(3, price: 5, completed: 7);
        Add(2, price: 5, completed: 9);
        Add(1, price: 5, completed: 7);
        (await OrderAsync()).ShouldBe([2, 1, 3]);
    }

    [Fact]
    public async Task A_busy_node_is_passed_over_and_the_lowest_free_slot_taken()
    {
        var busy = Add(1, price: 1);
        var roomy = Add(2, price: 2, slots: 3);
        Hold(busy, 0);
        Hold(roomy, 0);
        Hold(roomy, 2);
        var matched = (await MatchAsync()).ShouldBeOfType<NodeMatched>();
        (matched.NodeId, matched.Slot).ShouldBe((roomy.Id, 1));
    }

    public static TheoryData<string, Func<NodeView, NodeView>> Unfit { get; } = new()
    {
        { "1 node: 1 not active", n => n with { Status = NodeStatus.Offline } },
        { "1 node: 1 not active", n => n with { Status = NodeStatus.Draining } },
        { "1 node: 1 not active", n => n with { Status = NodeStatus.Jailed } },
        { "1 node: 1 not seen lately", n => n with { LastSeenAt = null } },
        { "1 node: 1 not seen lately", n => n with { LastSeenAt = FakeTime.Noon.AddSeconds(-45.001) } },
        { "1 node: 1 too little CPU", n => n with { Offer = n.Offer with { CpuMillis = 999 } } },
        { "1 node: 1 too little memory", n => n with { Offer = n.Offer with { MemoryMb = 511 } } },
        { "1 node: 1 image not allowed", n => n with { Offer = n.Offer with { Images = ["sha256:" + Key.Hash(1)] } } },
        { "1 node: 1 too dear", n => n with { Offer = n.Offer with { PricePerSecond = new HyperAmount(5_001) } } },
        { "1 node: 1 too dear", n => n with { Offer = n.Offer with { PricePerSecond = new HyperAmount(long.MaxValue) } } },
        { "1 node: 1 busy", n => n with { Offer = n.Offer with { Slots = 0 } } },
    };

    [Theory]
    [MemberData(nameof(Unfit))]
    public async Task A_node_that_does_not_fit_is_named_with_the_reason(string reason, Func<NodeView, NodeView> change)
    {
        Add(1, price: 1);
        _nodes.All[0] = change(_nodes.All[0]);
        (await ReasonAsync()).ShouldBe(reason);
    }

    [Fact]
    public async Task Only_nodes_that_the_job_names_are_chosen()
    {
        Add(1, price: 1);
        var named = Add(2, price: 9);
        (await MatchAsync(Named(named.Id))).ShouldBeOfType<NodeMatched>().NodeId.ShouldBe(named.Id);

        _nodes.All[1] = named with { Status = NodeStatus.Offline };
        (await MatchAsync(Named(named.Id))).ShouldBeOfType<NodeMatchFailed>().Reason.ShouldBe("2 nodes: 1 not named by the job, 1 not active");

        MatchJob Named(NodeId node) => Command() with { Spec = _run.Spec with { Nodes = [node] } };
    }

    public static TheoryData<Func<NodeView, NodeView>> JustFit { get; } = new()
    {
        n => n with { LastSeenAt = FakeTime.Noon.AddSeconds(-45) },
        n => n with { Offer = n.Offer with { CpuMillis = 1_000, MemoryMb = 512 } },
        n => n with { Offer = n.Offer with { Images = ["python@sha256:" + Key.Hash(7)] } },
        n => n with { Offer = n.Offer with { PricePerSecond = new HyperAmount(5_000) } }, // 20 s for the 100,000 in escrow
    };

    [Theory]
    [MemberData(nameof(JustFit))]
    public async Task A_node_that_just_fits_is_matched(Func<NodeView, NodeView> change)
    {
        Add(1, price: 1);
        _nodes.All[0] = change(_nodes.All[0]);
        (await MatchAsync()).ShouldBeOfType<NodeMatched>();
    }

    [Theory]
    [InlineData(NetworkMode.None, true)]
    [InlineData(NetworkMode.Full, true)]
    [InlineData(NetworkMode.Allowlist, false)]
    public async Task A_network_is_had_only_where_it_is_sold(NetworkMode wanted, bool fits)
    {
        Add(1, price: 1);
        _nodes.All[0] = _nodes.All[0] with { Offer = _nodes.All[0].Offer with { NetworkModes = [NetworkMode.Full] } };
        Add(2, price: 2);
        var spec = _run.Spec with { Network = wanted };
        var result = await MatchAsync(Command() with { Spec = spec });
        if (fits)
        {
            result.ShouldBeOfType<NodeMatched>().NodeId.ShouldBe(_nodes.All[0].Id);
        }
        else
        {
            result.ShouldBeOfType<NodeMatchFailed>().Reason.ShouldContain("2 network not offered");
        }
    }

    [Theory]
    [InlineData(1, 8_192, true)]
    [InlineData(2, 8_192, false)] // only one has so much
    [InlineData(2, 4_096, true)]
    [InlineData(3, 0, false)]
    public async Task Gpus_count_only_with_enough_memory(int gpus, int vram, bool fits)
    {
        Add(1, price: 1);
        _nodes.All[0] = _nodes.All[0] with { Offer = _nodes.All[0].Offer with { Gpus = [new("a", "x", 8_192), new("b", "y", 4_096)] } };
        var spec = _run.Spec with { Limits = _run.Spec.Limits with { Gpus = gpus, GpuVramMb = vram } };
        var answer = await MatchAsync(Command() with { Spec = spec });
        (answer is NodeMatched).ShouldBe(fits);
        (answer as NodeMatchFailed)?.Reason.ShouldBe("1 node: 1 too few fitting GPUs");
    }

    [Fact]
    public async Task The_reason_counts_nodes_by_what_failed_first()
    {
        foreach (var (id, memory) in new[] { (1, 1), (2, 1), (3, 1_024) })
        {
            Add(id, price: 1, memory: memory);
        }

        Hold(_nodes.All[2], 0);
        (await ReasonAsync()).ShouldBe("3 nodes: 2 too little memory, 1 busy");
    }

    [Fact]
    public async Task Without_nodes_it_says_so() => (await ReasonAsync()).ShouldBe("no nodes");

    [Fact]
    public async Task A_node_that_had_an_attempt_gets_no_second_one()
    {
        var first = Add(1, price: 1);
        Add(2, price: 2, memory: 1);
        (await ReasonAsync(first.Id)).ShouldBe("every fitting node has had its attempt");

        var second = Add(3, price: 3);
        (await MatchAsync(Command(first.Id))).ShouldBeOfType<NodeMatched>().NodeId.ShouldBe(second.Id);

        Hold(second, 0);
        (await ReasonAsync(first.Id)).ShouldBe("3 nodes: 1 too little memory, 1 had its attempt, 1 busy");
    }

    [Fact]
    public async Task A_clock_that_is_set_back_keeps_no_old_picture()
    {
        Add(1, price: 2, slots: 2);
        var capacity = new NodeCapacity(_nodes, _time);
        (await MatchAsync(capacity: capacity)).ShouldBeOfType<NodeMatched>();

        var cheaper = Add(2, price: 1);
        _time.Now += NodeCapacity.GoodFor + TimeSpan.FromMilliseconds(1);
        _time.Wrong = TimeSpan.FromHours(-1);
        (await MatchAsync(capacity: capacity)).ShouldBeOfType<NodeMatched>().NodeId.ShouldBe(cheaper.Id);
    }

    [Fact]
    public async Task A_clock_that_is_set_back_keeps_no_slot_from_being_handed_out_again()
    {
        Add(1, price: 1);
        var capacity = new NodeCapacity(_nodes, _time);
        (await MatchAsync(capacity: capacity)).ShouldBeOfType<NodeMatched>(); // its commit never came

        _time.Now += NodeCapacity.GoodFor + TimeSpan.FromMilliseconds(1);
        _time.Wrong = TimeSpan.FromHours(-1);
        (await MatchAsync(capacity: capacity)).ShouldBeOfType<NodeMatched>().Slot.ShouldBe(0);
    }

    [Fact]
    public async Task A_slot_that_this_host_gave_back_is_free_at_once_though_the_picture_still_holds_it()
    {
        var node = Add(1, price: 1);
        var capacity = new NodeCapacity(_nodes, _time);
        Hold(node, 0);
        (await MatchAsync(capacity: capacity)).ShouldBeOfType<NodeMatchFailed>();

        var lease = new LeaseChange(_run.JobId, Take: false, 1, node.Id, 0, "", node.Offer.PricePerSecond);
        capacity.Changed(lease);
        (await MatchAsync(capacity: capacity)).ShouldBeOfType<NodeMatched>().Slot.ShouldBe(0);
        (await MatchAsync(capacity: capacity)).ShouldBeOfType<NodeMatchFailed>(); // handed out again

        capacity.Changed(lease);
        capacity.Changed(lease with { Take = true });
        (await MatchAsync(capacity: capacity)).ShouldBeOfType<NodeMatchFailed>();
    }

    [Fact]
    public async Task Nothing_is_leased_that_could_not_settle_in_time()
    {
        Add(1, price: 1);
        var last = DateTimeOffset.FromUnixTimeSeconds(_run.SettleBy - 300 - 30); // verification, run limit
        _time.Now = last;
        _nodes.All[0] = _nodes.All[0] with { LastSeenAt = last };
        (await MatchAsync()).ShouldBeOfType<NodeMatched>();
        _time.Now = last.AddMilliseconds(1);
        (await ReasonAsync()).ShouldBe("too late to finish before settle_by");
    }

    [Fact]
    public async Task Each_match_has_a_fresh_challenge()
    {
        Add(1, price: 1);
        var ids = new FakeIds();
        var first = (NodeMatched)await MatchAsync(Command(), ids);
        var second = (NodeMatched)await MatchAsync(Command(), ids);
        first.Challenge.ShouldNotBe(second.Challenge);
    }

    private NodeView Add(int id, ulong price, int memory = 1_024, int slots = 1, int completed = 0)
    {
        var node = new NodeView(
            new NodeId(new Guid(id, 0, 0, new byte[8])), new Key((byte)(50 + id)).Address, new Key((byte)(80 + id)).Address, $"host-{id}",
            NodeStatus.Active, new NodeOffer(slots, 2_000, memory, new HyperAmount(price), [], []), 0, completed, HyperAmount.Zero,
            FakeTime.Noon, FakeTime.Noon);
        _nodes.All.Add(node);
        return node;
    }

    private void Hold(NodeView node, int slot) => _nodes.Leases.Add(_run.Lease with { NodeId = node.Id, Slot = slot });

    private MatchJob Command(params NodeId[] excluded) => new(_run.JobId, 1, _run.Spec, _run.Intent.Amount, _run.SettleBy, excluded);

    private Task<object> MatchAsync(MatchJob? command = null, FakeIds? ids = null, NodeCapacity? capacity = null) =>
        new JobMatcher(capacity ?? new NodeCapacity(_nodes, _time), ids ?? new FakeIds(), Options.Create(new WorkflowWindows()), _time, NullLogger<JobMatcher>.Instance)
            .HandleAsync(command ?? Command(), CancellationToken.None);

    private async Task<string> ReasonAsync(params NodeId[] excluded) => (await MatchAsync(Command(excluded))).ShouldBeOfType<NodeMatchFailed>().Reason;

    private async Task<List<int>> OrderAsync()
    {
        var order = new List<int>();
        while (await MatchAsync() is NodeMatched matched)
        {
            order.Add(matched.NodeId.Value.ToByteArray()[0]);
            Hold(_nodes.All.Single(n => n.Id == matched.NodeId), matched.Slot);
        }

        return order;
    }
}
