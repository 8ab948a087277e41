using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Storage.Shared;
using static Hypernode.Storage.Tests.Given;

namespace Hypernode.Storage.Tests;

public sealed class SqliteNodeDirectoryTests(SqliteFixture storage) : NodeDirectoryTests(storage), IClassFixture<SqliteFixture>;

[Trait("Needs", "postgres")]
public sealed class PostgresNodeDirectoryTests(PostgresFixture storage) : NodeDirectoryTests(storage), IClassFixture<PostgresFixture>;

public abstract class NodeDirectoryTests(StorageFixture storage)
{
    private readonly INodeDirectory _nodes = storage.Get<INodeDirectory>();
    private readonly ISagaJournal _journal = storage.Get<ISagaJournal>();

    [Fact]
    public async Task A_registered_node_is_found_as_it_registered()
    {
        var registration = Registration();
        (await _nodes.RegisterAsync(registration, Now, None)).ShouldBeTrue();
        var node = (await _nodes.FindAsync(registration.NodeId, None))!;
        (node.NodeKey, node.Authority, node.Hostname, node.Status, node.BusySlots, node.JobsCompleted, node.Earned, node.RegisteredAt, node.LastSeenAt)
            .ShouldBe((registration.NodeKey, registration.Authority, registration.Hostname, NodeStatus.Active, 0, 0, HyperAmount.Zero, Now, null));
        (node.Offer.Slots, node.Offer.CpuMillis, node.Offer.MemoryMb, node.Offer.PricePerSecond).ShouldBe((2, 4_000, 8_192, new HyperAmount(1_500)));
        node.Offer.Gpus.ShouldBe(registration.Offer.Gpus);
        node.Offer.Images.ShouldBe(registration.Offer.Images);
        (await _nodes.ListAsync(None)).Select(n => n.Id).ShouldContain(registration.NodeId);
        (await _nodes.FindAsync(NewNodeId(), None)).ShouldBeNull();
    }

    [Fact]
    public async Task A_key_finds_the_nodes_that_it_signs_for_and_no_others()
    {
        var key = NewWallet();
        var (first, second) = (Registration() with { NodeKey = key }, Registration() with { NodeKey = key });
        await ANodeAsync(storage);
        await _nodes.RegisterAsync(first, Now, None);
        await _nodes.RegisterAsync(second, Now, None);
        (await _nodes.FindByKeyAsync(key, None)).Select(n => n.Id).ShouldBe([first.NodeId, second.NodeId], ignoreOrder: true);
        (await _nodes.FindByKeyAsync(NewWallet(), None)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(NodeSort.Id, null)]
    [InlineData(NodeSort.Id, NodeStatus.Draining)]
    [InlineData(NodeSort.Price, null)]
    [InlineData(NodeSort.Price, NodeStatus.Draining)]
    public async Task Pages_hold_every_node_once_and_in_order(NodeSort sort, NodeStatus? status)
    {
        foreach (var price in new ulong[] { 7, 5, 5, 9, 5 })
        {
            var registration = Registration();
            await _nodes.RegisterAsync(registration with { Offer = registration.Offer with { PricePerSecond = new(price) } }, Now, None);
            await _nodes.SetStatusAsync(registration.NodeId, NodeStatus.Active, NodeStatus.Draining, None);
            await ANodeAsync(storage);
        }

        var all = new List<NodeView>();
        for ((HyperAmount, NodeId)? after = null; await _nodes.PageAsync(new(status, sort, after, 2), None) is { Count: > 0 } page; after = (page[^1].Offer.PricePerSecond, page[^1].Id))
        {
            page.Count.ShouldBeLessThanOrEqualTo(2);
            all.AddRange(page);
        }

        var expected = (await _nodes.ListAsync(None)).Where(n => status is null || n.Status == status);
        all.Select(n => n.Id).ShouldBe(expected.OrderBy(n => sort == NodeSort.Price ? n.Offer.PricePerSecond.BaseUnits : 0).ThenBy(n => n.Id.ToString(), StringComparer.Ordinal).Select(n => n.Id));
    }

    public static TheoryData<NodeSort, NodeStatus?, bool> Queries()
    {
        var all = new TheoryData<NodeSort, NodeStatus?, bool>();
        foreach (var sort in Enum.GetValues<NodeSort>())
        {
            foreach (var status in new NodeStatus?[] { null, NodeStatus.Active })
            {
                all.Add(sort, status, false);
                all.Add(sort, status, true);
            }
        }

        return all;
    }

    [Theory]
    [MemberData(nameof(Queries))]
    public async Task Every_filter_and_order_of_the_market_stands_on_an_index(NodeSort sort, NodeStatus? status, bool isLater)
    {
        var query = new NodeQuery(status, sort, isLater ? (new HyperAmount(5), NewNodeId()) : null, 10);
        var plan = await Plans.OfAsync(storage, NodeDirectory.PageSql(query), NodeDirectory.PageParameters(query));

        plan.ShouldContain((sort, status) switch
        {
            (NodeSort.Price, null) => "idx_nodes_price",
            (NodeSort.Price, _) => "idx_nodes_status_price",
            (_, null) => "nodes_pkey",
            _ => "idx_nodes_status",
        });
        plan.ShouldNotContain(Plans.Sorts);
    }

    [Fact]
    public async Task The_same_node_may_change_its_offer_and_keeps_its_registration()
    {
        var registration = Registration();
        await _nodes.RegisterAsync(registration, Now, None);
        var offer = registration.Offer with { Slots = 4, PricePerSecond = new(9), Images = [] };
        (await _nodes.RegisterAsync(registration with { Offer = offer, Hostname = "new" }, Now.AddDays(1), None)).ShouldBeTrue();
        var node = (await _nodes.FindAsync(registration.NodeId, None))!;
        (node.Offer.Slots, node.Offer.PricePerSecond, node.Offer.Images.Count, node.Hostname, node.RegisteredAt).ShouldBe((4, new HyperAmount(9), 0, "new", Now));
    }

    [Fact]
    public async Task What_a_node_sells_of_networks_is_kept_and_taken_back()
    {
        var registration = Registration();
        await _nodes.RegisterAsync(registration, Now, None);
        (await _nodes.FindAsync(registration.NodeId, None))!.Offer.NetworkModes.ShouldBeNull();
        var offer = registration.Offer with { NetworkModes = [NetworkMode.Allowlist, NetworkMode.Full] };
        await _nodes.RegisterAsync(registration with { Offer = offer }, Now, None);
        (await _nodes.FindAsync(registration.NodeId, None))!.Offer.NetworkModes.ShouldBe([NetworkMode.Allowlist, NetworkMode.Full]);
        await _nodes.RegisterAsync(registration, Now, None);
        (await _nodes.FindAsync(registration.NodeId, None))!.Offer.NetworkModes.ShouldBeNull();
    }

    [Fact]
    public async Task A_node_id_of_another_key_or_wallet_is_refused()
    {
        var registration = Registration();
        await _nodes.RegisterAsync(registration, Now, None);
        var stranger = registration with { Authority = NewWallet(), Hostname = "evil" };
        (await _nodes.RegisterAsync(stranger, Now, None)).ShouldBeFalse();
        (await _nodes.RegisterAsync(registration with { NodeKey = NewWallet(), Hostname = "evil" }, Now, None)).ShouldBeFalse();
        (await _nodes.FindAsync(registration.NodeId, None))!.Hostname.ShouldBe(registration.Hostname);
        (await storage.CountAsync("users", $"wallet_address = '{stranger.Authority}'")).ShouldBe(0);
    }

    [Theory]
    [InlineData(NodeStatus.Offline, NodeStatus.Active)]
    [InlineData(NodeStatus.Jailed, NodeStatus.Jailed)]
    [InlineData(NodeStatus.Retired, NodeStatus.Retired)]
    public async Task Registering_again_brings_a_node_back_but_shakes_no_sentence_off(NodeStatus before, NodeStatus after)
    {
        var registration = Registration();
        await _nodes.RegisterAsync(registration, Now, None);
        (await _nodes.SetStatusAsync(registration.NodeId, NodeStatus.Active, before, None)).ShouldBeTrue();
        (await _nodes.SetStatusAsync(registration.NodeId, NodeStatus.Active, NodeStatus.Draining, None)).ShouldBeFalse("it is not active any more");
        (await _nodes.FindAsync(registration.NodeId, None))!.Status.ShouldBe(before);
        await _nodes.RegisterAsync(registration, Now, None);
        (await _nodes.FindAsync(registration.NodeId, None))!.Status.ShouldBe(after);
    }

    [Fact]
    public async Task A_status_moves_only_from_what_it_was_said_to_be()
    {
        var node = await ANodeAsync(storage);
        (await _nodes.SetStatusAsync(node, NodeStatus.Active, NodeStatus.Draining, None)).ShouldBeTrue();
        (await _nodes.SetStatusAsync(node, NodeStatus.Active, NodeStatus.Draining, None)).ShouldBeFalse();
        (await _nodes.FindAsync(node, None))!.Status.ShouldBe(NodeStatus.Draining);
        (await _nodes.SetStatusAsync(NewNodeId(), NodeStatus.Active, NodeStatus.Draining, None)).ShouldBeFalse();
    }

    [Fact]
    public async Task Beats_touch_only_live_leases_of_the_beating_node()
    {
        var (node, other) = (await ANodeAsync(storage), await ANodeAsync(storage));
        var (job, released) = (await LeasedAsync(node, 0), await LeasedAsync(node, 1));
        await _journal.CommitAsync(Commit(Row(released, 1, JobStateNames.Matching), Release(released, node)));
        LeaseBeat[] leases = [new(job, 1, 0, false), new(released, 1, 0, false), new(job, 2, 0, false), new(NewJobId(), 1, 0, false)];
        await _nodes.RecordBeatsAsync([new(node, Now.AddSeconds(2), leases), new(other, Now.AddSeconds(9), leases), new(NewNodeId(), Now, leases)], None);

        var lease = (await _nodes.FindLeaseAsync(job, 1, None))!;
        (lease.FirstBeatAt, lease.LastBeatAt).ShouldBe((Now.AddSeconds(2), Now.AddSeconds(2)));
        (await _nodes.FindLeaseAsync(released, 1, None))!.FirstBeatAt.ShouldBeNull();
        (await _nodes.FindAsync(node, None))!.LastSeenAt.ShouldBe(Now.AddSeconds(2));
        (await _nodes.FindAsync(node, None))!.BusySlots.ShouldBe(1);
        (await _nodes.LiveLeasesAsync(None)).Where(l => l.NodeId == node).Select(l => l.JobId).ShouldBe([job]);
    }

    [Fact]
    public async Task The_first_beat_stays_and_the_last_never_goes_back()
    {
        var node = await ANodeAsync(storage);
        var job = await LeasedAsync(node, 0);
        foreach (var second in new[] { 5, 9, 7, 1 })
        {
            await _nodes.RecordBeatsAsync([new(node, Now.AddSeconds(second), [new(job, 1, 0, false)])], None);
        }

        var lease = (await _nodes.FindLeaseAsync(job, 1, None))!;
        (lease.FirstBeatAt, lease.LastBeatAt).ShouldBe((Now.AddSeconds(5), Now.AddSeconds(9)));
        (await _nodes.FindAsync(node, None))!.LastSeenAt.ShouldBe(Now.AddSeconds(9));
    }

    [Fact]
    public async Task One_batch_may_hold_several_beats_of_one_lease_and_batches_may_meet()
    {
        var node = await ANodeAsync(storage);
        var jobs = new[] { await LeasedAsync(node, 0), await LeasedAsync(node, 1) };
        await Task.WhenAll(Enumerable.Range(1, 16).Select(i => Task.Run(() => _nodes.RecordBeatsAsync(
            [.. Enumerable.Range(0, 5).Select(k => new ReceivedBeat(node, Now.AddSeconds(i + k), [.. (i % 2 == 0 ? jobs : jobs.Reverse()).Select(j => new LeaseBeat(j, 1, 0, false))]))],
            None))));
        foreach (var job in jobs)
        {
            (await _nodes.FindLeaseAsync(job, 1, None))!.LastBeatAt.ShouldBe(Now.AddSeconds(20));
        }
    }

    private async Task<JobId> LeasedAsync(NodeId node, int slot)
    {
        var job = await AJobAsync(storage);
        (await _journal.CommitAsync(Commit(Row(job, 0, JobStateNames.Assigned), Take(job, node, slot)))).ShouldBe(CommitResult.Committed);
        return job;
    }
}
