using Hypernode.Contracts.Events;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;
using Hypernode.Workers.Nodes;
using Hypernode.Workers.Tests.Fakes;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hypernode.Workers.Tests.Nodes;

public sealed class NodeIngressTests
{
    private readonly HonestRun _run = new();
    private readonly FakeNodes _nodes = new();
    private readonly FakeEvidence _evidence = new();
    private readonly FakeSender _sender = new();
    private readonly FakeTime _time = new();
    private readonly NodeId _stranger = new(new Guid(6, 6, 6, new byte[8]));
    private readonly LeaseHolders _holders;
    private readonly FakeStandings _standings = new();
    private readonly NodeIngress _ingress;

    public NodeIngressTests()
    {
        _nodes.All.Add(_run.Node);
        _nodes.All.Add(_run.Node with { Id = _stranger, NodeKey = new Key(66).Address });
        _nodes.Leases.Add(_run.Lease);
        _holders = new LeaseHolders(_nodes, _time);
        _ingress = new NodeIngress(_nodes, _holders, new RevokedNodes(_standings, _time), _evidence, _run.Escrow, _sender, _time, NullLogger<NodeIngress>.Instance);
    }

    private AttemptReported Reported => new(_run.Receipt, _run.NodeKey.Sign(_run.Receipt));

    [Fact]
    public async Task A_signed_receipt_is_stored_and_moves_the_saga()
    {
        await AcceptAsync(Reported);
        _evidence.Receipts.Single().Receipt.Hash().ShouldBe(_run.Receipt.Hash());
        _sender.Sent.ShouldBe([new JobExecuted(_run.JobId, 1, _run.NodeId, _run.Receipt.Hash(), 0)]);
    }

    [Fact]
    public async Task A_clock_that_is_set_back_keeps_no_lease_that_has_ended()
    {
        await AcceptAsync(new AttemptStarted(_run.JobId, 1, 0));
        _nodes.Leases[0] = _run.Lease with { Live = false };
        _time.Now += TimeSpan.FromSeconds(6);
        _time.Wrong = TimeSpan.FromHours(-1);
        await AcceptAsync(new AttemptDeclined(_run.JobId, 1, "no-capacity", "full"));
        _sender.Sent.ShouldBe([new JobStarted(_run.JobId, 1, _run.NodeId)]);
    }

    [Fact]
    public async Task A_lease_that_this_host_committed_need_not_be_asked_for_and_one_that_it_gave_back_is_dropped()
    {
        var lease = new LeaseChange(_run.JobId, Take: true, 2, _run.NodeId, 0, "", _run.Lease.RatePerSecond);
        _holders.Changed(lease);
        await AcceptAsync(new AttemptStarted(_run.JobId, 2, 0)); // the directory does not know it
        _sender.Sent.ShouldBe([new JobStarted(_run.JobId, 2, _run.NodeId)]);

        _holders.Changed(lease with { Take = false });
        await AcceptAsync(new AttemptDeclined(_run.JobId, 2, "no-capacity", "full"));
        _sender.Sent.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_receipt_that_comes_twice_is_stored_once_and_told_again()
    {
        _sender.Reachable = false;
        await Should.ThrowAsync<IOException>(() => AcceptAsync(Reported)); // the link keeps it
        _sender.Reachable = true;
        await AcceptAsync(Reported);
        await AcceptAsync(Reported);
        _evidence.Receipts.Count.ShouldBe(1);
        _sender.Sent.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_second_different_receipt_is_dropped()
    {
        await AcceptAsync(Reported);
        var other = _run.Receipt with { PeakVramMb = 1 };
        await AcceptAsync(new AttemptReported(other, _run.NodeKey.Sign(other)));
        _evidence.Receipts.Single().Receipt.Hash().ShouldBe(_run.Receipt.Hash());
        _sender.Sent.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Started_and_declined_become_events_of_the_lease()
    {
        await AcceptAsync(new AttemptStarted(_run.JobId, 1, 0));
        await AcceptAsync(new AttemptDeclined(_run.JobId, 1, "no-capacity", "full"));
        await AcceptAsync(new AttemptDeclined(_run.JobId, 1, "made up", new string('x', 5_000)));
        _sender.Sent.ShouldBe(
        [
            new JobStarted(_run.JobId, 1, _run.NodeId),
            new JobDeclined(_run.JobId, 1, _run.NodeId, "no-capacity", "full"),
            new JobDeclined(_run.JobId, 1, _run.NodeId, "other", new string('x', 1_024)),
        ]);
    }

    [Fact]
    public async Task Chunks_of_the_lease_are_stored_with_the_time_that_we_saw_them()
    {
        await AcceptAsync(new LogChunks([.. _run.Chunks.Select(c => c.Chunk)]));
        _evidence.Chunks.Select(c => (c.Chunk.Seq, c.ReceivedAt)).ShouldBe([(0, _time.Now), (1, _time.Now), (2, _time.Now)]);
    }

    [Fact]
    public async Task A_bundle_is_taken_in_order_and_one_bad_item_takes_no_other_along()
    {
        var logs = new LogChunks([.. _run.Chunks.Select(c => c.Chunk)]);
        var inner = new NodeBundle([new AttemptDeclined(_run.JobId, 1, "expired", "nested")]);
        await AcceptAsync(new NodeBundle(
            [new AttemptStarted(_run.JobId, 1, 0), null, new LogChunks(null!), inner, new AttemptStarted(_run.JobId, 2, 0), logs, new AttemptReported(_run.Receipt, "1"), Reported]));

        _sender.Sent.ShouldBe([new JobStarted(_run.JobId, 1, _run.NodeId), new JobExecuted(_run.JobId, 1, _run.NodeId, _run.Receipt.Hash(), 0)]);
        _evidence.Chunks.Count.ShouldBe(3);
        _evidence.Receipts.Count.ShouldBe(1);
    }

    [Fact]
    public async Task In_a_bundle_a_job_s_messages_keep_their_order_and_wait_for_no_other_job()
    {
        var other = new JobId(new Guid(7, 7, 7, new byte[8]));
        _nodes.Leases.Add(_run.Lease with { JobId = other });
        var gate = new TaskCompletionSource();
        _nodes.BeatGate = gate.Task;
        var accepting = AcceptAsync(new NodeBundle(
            [new Beat(1, [new LeaseBeat(_run.JobId, 1, 3, true)]), Reported, new AttemptStarted(other, 1, 0)]));

        _sender.Sent.ShouldBe([new JobStarted(other, 1, _run.NodeId)]);
        accepting.IsCompleted.ShouldBeFalse();
        gate.SetResult();
        await accepting.WaitAsync(TimeSpan.FromSeconds(10));
        _sender.Sent.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_bundle_is_accepted_when_all_of_it_is_durable_and_may_come_twice()
    {
        var bundle = new NodeBundle([new LogChunks([.. _run.Chunks.Select(c => c.Chunk)]), Reported]);
        _sender.Reachable = false;
        await Should.ThrowAsync<IOException>(() => AcceptAsync(bundle)); // the link keeps it
        _sender.Reachable = true;
        await AcceptAsync(bundle);
        await AcceptAsync(bundle);
        _evidence.Receipts.Count.ShouldBe(1);
        _sender.Sent.Count.ShouldBe(2);
    }

    public static TheoryData<string, NodeMessage> OfALease { get; } = Messages(new HonestRun());

    [Theory]
    [MemberData(nameof(OfALease))]
    public async Task Another_nodes_lease_can_not_be_spoken_for(string what, NodeMessage message)
    {
        await _ingress.AcceptAsync(_stranger, message, CancellationToken.None);
        ShouldHaveChangedNothing(what);
    }

    [Theory]
    [MemberData(nameof(OfALease))]
    public async Task A_lease_that_was_taken_away_has_no_say(string what, NodeMessage message)
    {
        _nodes.Leases[0] = _run.Lease with { Live = false };
        await AcceptAsync(message);
        ShouldHaveChangedNothing(what);
    }

    [Theory]
    [MemberData(nameof(OfALease))]
    public async Task A_lease_that_never_was_has_no_say(string what, NodeMessage message)
    {
        _nodes.Leases[0] = _run.Lease with { Attempt = 2 };
        await AcceptAsync(message);
        ShouldHaveChangedNothing(what);
    }

    [Fact]
    public async Task A_stranger_can_not_report_for_another_node_even_with_its_own_signature()
    {
        await _ingress.AcceptAsync(_stranger, new AttemptReported(_run.Receipt, new Key(66).Sign(_run.Receipt)), CancellationToken.None);
        var renamed = _run.Receipt with { NodeId = _stranger };
        await _ingress.AcceptAsync(_stranger, new AttemptReported(renamed, new Key(66).Sign(renamed)), CancellationToken.None);
        ShouldHaveChangedNothing("stranger");
    }

    [Fact]
    public async Task A_receipt_that_names_another_node_is_dropped()
    {
        var renamed = _run.Receipt with { NodeId = _stranger };
        await AcceptAsync(new AttemptReported(renamed, _run.NodeKey.Sign(renamed)));
        ShouldHaveChangedNothing("renamed");
    }

    public static TheoryData<string> BadSignatures { get; } = ["", "1", "not base58 0OIl", new string('z', 200), new Key(66).Sign(new HonestRun().Receipt)];

    [Theory]
    [MemberData(nameof(BadSignatures))]
    public async Task A_forged_signature_is_dropped(string signature)
    {
        await AcceptAsync(new AttemptReported(_run.Receipt, signature));
        ShouldHaveChangedNothing(signature);
    }

    [Fact]
    public async Task A_receipt_changed_after_it_was_signed_is_dropped()
    {
        await AcceptAsync(Reported with { Receipt = _run.Receipt with { ExitCode = 1 } });
        ShouldHaveChangedNothing("changed");
    }

    public static TheoryData<string, NodeMessage?> Nonsense { get; } = MakeNonsense();

    [Theory]
    [MemberData(nameof(Nonsense))]
    public async Task Nonsense_is_dropped_and_never_throws(string what, NodeMessage? message)
    {
        await AcceptAsync(message!);
        ShouldHaveChangedNothing(what);
        _nodes.BeatBatches.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_counter_tells_why()
    {
        var reasons = new List<string>();
        using var listener = new System.Diagnostics.Metrics.MeterListener();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Name == "hypernode.ingress.dropped")
            {
                l.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, _, tags, _) =>
        {
            lock (reasons)
            {
                reasons.Add((string)tags.ToArray().Single(t => t.Key == "reason").Value!);
            }
        });
        listener.Start();
        await _ingress.AcceptAsync(_stranger, new AttemptStarted(_run.JobId, 1, 0), CancellationToken.None);
        lock (reasons)
        {
            reasons.ShouldContain("not-your-lease");
        }
    }

    [Fact]
    public async Task Beats_that_arrive_while_one_is_written_are_written_together()
    {
        var gate = new TaskCompletionSource();
        _nodes.BeatGate = gate.Task;
        var first = AcceptAsync(new Beat(1, []));
        var others = Enumerable.Range(0, 100).Select(i => AcceptAsync(new Beat(i, [new LeaseBeat(_run.JobId, 1, i, false)]))).ToList();
        first.IsCompleted.ShouldBeFalse("a beat is accepted when it is written, not before");
        gate.SetResult();
        await Task.WhenAll([first, .. others]).WaitAsync(TimeSpan.FromSeconds(10));
        _nodes.BeatBatches.Select(b => b.Count).ShouldBe([1, 100]);
        _nodes.BeatBatches[1][0].ReceivedAt.ShouldBe(_time.Now, "our clock, not the node's");
    }

    [Fact]
    public async Task A_beat_that_could_not_be_written_is_not_accepted_and_the_next_one_is()
    {
        _nodes.BeatGate = Task.FromException(new IOException("no database"));
        await Should.ThrowAsync<IOException>(() => AcceptAsync(new Beat(1, [])));
        _nodes.BeatGate = Task.CompletedTask;
        await AcceptAsync(new Beat(2, [])).WaitAsync(TimeSpan.FromSeconds(10));
    }

    private Task AcceptAsync(NodeMessage message) => _ingress.AcceptAsync(_run.NodeId, message, CancellationToken.None);

    private void ShouldHaveChangedNothing(string what)
    {
        _evidence.Receipts.ShouldBeEmpty(what);
        _evidence.Chunks.ShouldBeEmpty(what);
        _sender.Sent.ShouldBeEmpty(what);
    }

    private static TheoryData<string, NodeMessage> Messages(HonestRun run) => new()
    {
        { "logs", new LogChunks([.. run.Chunks.Select(c => c.Chunk)]) },
        { "started", new AttemptStarted(run.JobId, 1, 0) },
        { "declined", new AttemptDeclined(run.JobId, 1, "no-capacity", "") },
        { "reported", new AttemptReported(run.Receipt, run.NodeKey.Sign(run.Receipt)) },
        { "bundle", new NodeBundle([new AttemptStarted(run.JobId, 1, 0), new AttemptReported(run.Receipt, run.NodeKey.Sign(run.Receipt))]) },
    };

    private static TheoryData<string, NodeMessage?> MakeNonsense()
    {
        var run = new HonestRun();
        var chunk = run.Chunks[0].Chunk;
        LogChunk At(long seq) => chunk with { Seq = seq };
        AttemptReported Receipt(Receipt receipt) => new(receipt, "1");
        return new TheoryData<string, NodeMessage?>
        {
            { "null", null },
            { "beat without leases", new Beat(1, null!) },
            { "beat with a null lease", new Beat(1, [null!]) },
            { "beat with too many leases", new Beat(1, [.. Enumerable.Repeat(new LeaseBeat(run.JobId, 1, 0, false), 257)]) },
            { "no chunks", new LogChunks([]) },
            { "null chunks", new LogChunks(null!) },
            { "a null chunk", new LogChunks([null!]) },
            { "chunk without data", new LogChunks([chunk with { Data = null! }]) },
            { "chunk without stream", new LogChunks([chunk with { Stream = null! }]) },
            { "chunk of another stream", new LogChunks([chunk with { Stream = "stdin" }]) },
            { "huge chunk", new LogChunks([chunk with { Data = new byte[LogChunk.MaxBytes + 1] }]) },
            { "too many chunks", new LogChunks([.. Enumerable.Range(0, 257).Select(i => At(i))]) },
            { "a gap", new LogChunks([At(0), At(2)]) },
            { "backwards", new LogChunks([At(1), At(0)]) },
            { "twice the same", new LogChunks([At(0), At(0)]) },
            { "negative", new LogChunks([At(-1)]) },
            { "beyond all bounds", new LogChunks([At(long.MaxValue)]) },
            { "a second job smuggled in", new LogChunks([At(0), At(1) with { JobId = new JobId(new Guid(1, 2, 3, new byte[8])) }]) },
            { "a second attempt smuggled in", new LogChunks([At(0), At(1) with { Attempt = 2 }]) },
            { "decline without reason", new AttemptDeclined(run.JobId, 1, null!, "") },
            { "decline without detail", new AttemptDeclined(run.JobId, 1, "expired", null!) },
            { "bundle of nothing", new NodeBundle([]) },
            { "bundle without a list", new NodeBundle(null!) },
            { "bundle of null", new NodeBundle([null]) },
            { "bundle in a bundle", new NodeBundle([new NodeBundle([new AttemptStarted(run.JobId, 1, 0)])]) },
            { "bundle of too many", new NodeBundle([.. Enumerable.Repeat(new AttemptStarted(run.JobId, 1, 0), 65)]) },
            { "bundle of too many chunks", new NodeBundle([.. Enumerable.Range(0, 5).Select(_ => new LogChunks([.. Enumerable.Range(0, 52).Select(i => At(i))]))]) },
            { "null receipt", new AttemptReported(null!, "1") },
            { "null signature", new AttemptReported(run.Receipt, null!) },
            { "receipt without artifacts", Receipt(run.Receipt with { Artifacts = null! }) },
            { "receipt with a null artifact", Receipt(run.Receipt with { Artifacts = [null!] }) },
            { "receipt with a nameless artifact", Receipt(run.Receipt with { Artifacts = [new Artifact(null!, Hash256.Zero, 0)] }) },
            { "receipt without GPUs", Receipt(run.Receipt with { GpuUuids = null! }) },
            { "receipt without an image", Receipt(run.Receipt with { ImageDigest = null! }) },
            { "receipt with too many artifacts", Receipt(run.Receipt with { Artifacts = [.. Enumerable.Repeat(new Artifact("a", Hash256.Zero, 0), 4_097)] }) },
            { "receipt with a huge name", Receipt(run.Receipt with { ImageDigest = new string('x', 1_025) }) },
            { "receipt with a number past 53 bits", Receipt(run.Receipt with { GpuMilliseconds = long.MaxValue }) },
        };
    }
}
