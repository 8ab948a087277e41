using Hypernode.Contracts.Events;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.Workers.Nodes;
using Hypernode.Workers.Tests.Fakes;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Hypernode.Workers.Tests.Nodes;

public sealed class HeartbeatSweepTests
{
    private readonly HonestRun _run = new();
    private readonly FakeNodes _nodes = new();
    private readonly FakeEvidence _evidence = new();
    private readonly FakeSender _sender = new();
    private readonly IngressClock _ingress = new();
    private readonly HeartbeatSweep _sweep;
    private DateTimeOffset _now = FakeTime.Noon;

    public HeartbeatSweepTests()
    {
        _sweep = new HeartbeatSweep(_nodes, _evidence, _sender, _ingress, Options.Create(new WorkflowWindows()), NullLogger<HeartbeatSweep>.Instance);
        _nodes.All.Add(_run.Node);
    }

    [Fact]
    public async Task A_lease_is_silent_when_its_last_beat_is_older_than_the_patience()
    {
        await LeaseAsync(beats: TimeSpan.Zero);
        await WatchAsync(TimeSpan.FromSeconds(15));
        _sender.Sent.ShouldBeEmpty();
        await WatchAsync(TimeSpan.FromSeconds(1));
        _sender.Sent.ShouldBe([new NodeSilent(_run.JobId, 1, _run.NodeId)]);
    }

    [Theory]
    [InlineData(0, 15)]
    [InlineData(1_800, 52)] // half an hour: half way to 90 s
    [InlineData(3_600, 90)]
    [InlineData(36_000, 90)]
    public async Task The_patience_grows_with_the_work_at_stake(int workedSeconds, int patience)
    {
        await LeaseAsync(beats: TimeSpan.FromSeconds(workedSeconds));
        await WatchAsync(TimeSpan.FromSeconds(patience));
        _sender.Sent.ShouldBeEmpty();
        await WatchAsync(TimeSpan.FromSeconds(1));
        _sender.Sent.Count.ShouldBe(1);
    }

    [Fact]
    public async Task While_nobody_can_be_heard_the_liveness_clock_stands_still()
    {
        await LeaseAsync(beats: TimeSpan.Zero);
        _ingress.Down();
        await WatchAsync(TimeSpan.FromSeconds(120));
        _ingress.Up(_now);
        await WatchAsync(TimeSpan.FromSeconds(15 + 10)); // nodes have to find their way in again
        _sender.Sent.ShouldBeEmpty();
        await WatchAsync(TimeSpan.FromSeconds(2));
        _sender.Sent.Count.ShouldBe(1);
    }

    /// <summary>It is our storage that says who may enter the broker: while it is away nodes are kept out, whatever the ingress hears.</summary>
    [Fact]
    public async Task A_storage_that_was_away_gives_nodes_the_time_to_find_their_way_in_again()
    {
        await LeaseAsync(beats: TimeSpan.Zero);
        await WatchAsync(TimeSpan.FromSeconds(10));
        _nodes.Away = true;
        for (var i = 0; i < 12; i++)
        {
            _now += TimeSpan.FromSeconds(1);
            await Should.ThrowAsync<IOException>(SweepAsync);
        }

        _nodes.Away = false;
        await WatchAsync(TimeSpan.FromSeconds(15 + 10));
        _sender.Sent.ShouldBeEmpty();
        await WatchAsync(TimeSpan.FromSeconds(2));
        _sender.Sent.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Silence_is_told_once_a_minute()
    {
        await LeaseAsync(beats: TimeSpan.Zero);
        await WatchAsync(TimeSpan.FromSeconds(75));
        _sender.Sent.Count.ShouldBe(1);
        await WatchAsync(TimeSpan.FromSeconds(1));
        _sender.Sent.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_lease_that_has_not_begun_counts_the_nodes_idle_beats()
    {
        await LeaseAsync(beats: null);
        _nodes.All[0] = _run.Node with { LastSeenAt = FakeTime.Noon.AddSeconds(10) };
        await WatchAsync(TimeSpan.FromSeconds(40));
        _sender.Sent.ShouldBeEmpty();
        await WatchAsync(TimeSpan.FromSeconds(1));
        _sender.Sent.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_node_that_has_reported_is_not_silent()
    {
        await LeaseAsync(beats: TimeSpan.Zero);
        _evidence.Receipts.Add(_run.Stored());
        await WatchAsync(TimeSpan.FromSeconds(60));
        _sender.Sent.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_lease_that_was_released_is_nobodys_silence()
    {
        await LeaseAsync(beats: TimeSpan.Zero);
        _nodes.Leases[0] = _nodes.Leases[0] with { Live = false };
        await WatchAsync(TimeSpan.FromSeconds(60));
        _sender.Sent.ShouldBeEmpty();
    }

    [Fact]
    public async Task No_node_is_blamed_for_our_own_absence()
    {
        await LeaseAsync(beats: TimeSpan.Zero);
        _now += TimeSpan.FromHours(1); // the host was stopped
        await SweepAsync();
        await WatchAsync(TimeSpan.FromSeconds(15));
        _sender.Sent.ShouldBeEmpty();
        await WatchAsync(TimeSpan.FromSeconds(1));
        _sender.Sent.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_message_that_could_not_be_sent_is_sent_by_the_next_sweep()
    {
        await LeaseAsync(beats: TimeSpan.Zero);
        _sender.Reachable = false;
        await Should.ThrowAsync<IOException>(() => WatchAsync(TimeSpan.FromSeconds(16)));
        _sender.Reachable = true;
        await SweepAsync();
        _sender.Sent.Count.ShouldBe(1);
    }

    [Fact]
    public async Task An_idle_node_unseen_for_ten_minutes_is_offline_and_its_next_beat_brings_it_back()
    {
        _nodes.All[0] = _run.Node with { BusySlots = 0, LastSeenAt = FakeTime.Noon };
        await SweepAsync();
        await WatchAsync(TimeSpan.FromMinutes(10));
        _nodes.All[0].Status.ShouldBe(NodeStatus.Active);
        await WatchAsync(TimeSpan.FromSeconds(1));
        _nodes.All[0].Status.ShouldBe(NodeStatus.Offline);
        await WatchAsync(TimeSpan.FromSeconds(60));
        _nodes.All[0].Status.ShouldBe(NodeStatus.Offline);
        _nodes.All[0] = _nodes.All[0] with { LastSeenAt = _now };
        await SweepAsync();
        _nodes.All[0].Status.ShouldBe(NodeStatus.Active);
    }

    [Theory]
    [InlineData(NodeStatus.Draining)]
    [InlineData(NodeStatus.Jailed)]
    [InlineData(NodeStatus.Slashed)]
    [InlineData(NodeStatus.Retired)]
    public async Task A_status_that_somebody_set_stays(NodeStatus status)
    {
        _nodes.All[0] = _run.Node with { BusySlots = 0, Status = status, LastSeenAt = FakeTime.Noon };
        await SweepAsync();
        await WatchAsync(TimeSpan.FromMinutes(11));
        _nodes.All[0] = _nodes.All[0] with { LastSeenAt = _now };
        await SweepAsync();
        _nodes.All[0].Status.ShouldBe(status);
    }

    [Fact]
    public async Task A_node_with_a_lease_is_not_put_offline()
    {
        _nodes.All[0] = _run.Node with { BusySlots = 1, LastSeenAt = FakeTime.Noon };
        await SweepAsync();
        await WatchAsync(TimeSpan.FromMinutes(11));
        _nodes.All[0].Status.ShouldBe(NodeStatus.Active);
    }

    /// <summary>A lease whose last beat is now, after so much work; null: not begun.</summary>
    private async Task LeaseAsync(TimeSpan? beats)
    {
        _nodes.Leases.Add(_run.Lease with { TakenAt = _now - (beats ?? default), FirstBeatAt = _now - beats, LastBeatAt = beats is null ? null : _now });
        await SweepAsync();
    }

    /// <summary>A sweep a second.</summary>
    private async Task WatchAsync(TimeSpan duration)
    {
        for (var end = _now + duration; _now < end;)
        {
            _now += TimeSpan.FromSeconds(1);
            await SweepAsync();
        }
    }

    private Task<int> SweepAsync() => _sweep.RunOnceAsync(_now, CancellationToken.None);
}
