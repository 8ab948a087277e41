using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;
using Hypernode.Workers.Tests.Fakes;
using Hypernode.Workers.Verification;

namespace Hypernode.Workers.Tests.Verification;

public sealed class OracleCheckTests
{
    [Fact]
    public void The_weights_are_the_white_papers_and_add_up_to_ten_thousand()
    {
        OracleChecks.All.Where(c => c.Weight > 0).Select(c => (c.Name, c.Weight)).ShouldBe(
        [
            ("job_exists", 1_500), ("logs_exist", 2_000), ("node_match", 1_500),
            ("completion_marker", 2_500), ("valid_timing", 1_500), ("valid_hashes", 1_000),
        ]);
        OracleChecks.All.Sum(c => c.Weight).ShouldBe(10_000);
        OracleChecks.All.Where(c => c.IsGate).Select(c => c.Name).ShouldBe(["logs_exist", "node_match", "valid_hashes", "gpus_match", "exit_code"]);
    }

    [Fact]
    public void An_honest_run_passes_every_check() =>
        OracleChecks.All.Where(c => !c.Holds(new HonestRun().Evidence())).ShouldBeEmpty();

    public static TheoryData<string, string, Action<HonestRun>> Spoilt { get; } = new()
    {
        { "job_exists", "no payment on chain", r => r.Payment = null },
        { "job_exists", "payment of another job", r => r.Payment = r.Payment! with { JobId = new JobId(new Guid(1, 2, 3, new byte[8])) } },
        { "job_exists", "payment of another payer", r => r.Payment = r.Payment! with { Payer = new Key(99).Address } },
        { "job_exists", "another amount in escrow", r => r.Payment = r.Payment! with { Amount = new HyperAmount(1) } },
        { "job_exists", "another settle_by on chain", r => r.Payment = r.Payment! with { SettleBy = 1 } },
        { "job_exists", "refunded", r => r.Payment = r.Payment! with { Status = EscrowStatus.Refunded } },
        { "job_exists", "assigned to another attempt", r => r.Payment = r.Payment! with { Attempt = 2 } },
        { "job_exists", "assigned to another wallet", r => r.Payment = r.Payment! with { AssignedNode = new Key(99).Address } },
        { "job_exists", "never assigned", r => r.Payment = r.Payment! with { AssignedNode = null } },
        { "job_exists", "spec changed after it was signed", r => r.Job = r.Job with { Spec = r.Spec with { Script = "rm -rf /" } } },
        { "job_exists", "nonce commits to something else", r => r.Job = r.Job with { Salt = Key.Hash(66) } },
        { "logs_exist", "no chunk", r => r.Logged() },
        { "logs_exist", "a chunk missing at the end", r => r.Chunks.RemoveAt(2) },
        { "logs_exist", "a chunk missing in the middle", r => r.Chunks.RemoveAt(1) },
        { "logs_exist", "a chunk's text changed", r => r.Chunks[1] = r.Chunks[1] with { Chunk = r.Chunks[1].Chunk with { Data = [1] } } },
        { "logs_exist", "a chunk's hash changed", r => r.Chunks[1] = r.Chunks[1] with { Chunk = r.Chunks[1].Chunk with { Hash = Key.Hash(1) } } },
        { "logs_exist", "another root in the receipt", r => r.Receipt = r.Receipt with { LogRoot = Key.Hash(1) } },
        { "logs_exist", "another count in the receipt", r => r.Receipt = r.Receipt with { LogCount = 4 } },
        { "logs_exist", "a chunk from before the lease", r => r.Chunks[0] = r.Chunks[0] with { ReceivedAt = HonestRun.TakenAt.AddSeconds(-11) } },
        { "logs_exist", "a chunk long after the receipt", r => r.Chunks[2] = r.Chunks[2] with { ReceivedAt = HonestRun.ReportedAt.AddSeconds(11) } },
        { "node_match", "signed by another key", r => r.SignedBy = new Key(99) },
        { "node_match", "signed by the paid wallet, not the node", r => r.SignedBy = r.Authority },
        { "node_match", "names another node", r => r.Receipt = r.Receipt with { NodeId = new NodeId(new Guid(9, 9, 9, new byte[8])) } },
        { "node_match", "names another intent", r => r.Receipt = r.Receipt with { IntentId = new(new Guid(9, 9, 9, new byte[8])) } },
        { "node_match", "names another job", r => r.Receipt = r.Receipt with { JobId = new(new Guid(9, 9, 9, new byte[8])) } },
        { "node_match", "another lease epoch", r => r.Receipt = r.Receipt with { LeaseEpoch = 2 } },
        { "node_match", "another attempt", r => r.Receipt = r.Receipt with { Attempt = 2 } },
        { "node_match", "the job has moved on to attempt 2", r => r.Job = r.Job with { Attempt = 2 } },
        { "completion_marker", "sentinel of another challenge", r => r.Receipt = r.Receipt with { CompletionMarker = Receipt.MarkerOf(Key.Hash(1), r.JobId, 1, 0) } },
        { "completion_marker", "sentinel of another exit code", r => r.Receipt = r.Receipt with { CompletionMarker = Receipt.MarkerOf(r.Lease.Challenge, r.JobId, 1, 1) } },
        { "completion_marker", "no sentinel and no word", r => r.Receipt = r.Receipt with { CompletionMarker = Hash256.Zero } },
        { "valid_timing", "no beat was seen", r => r.Lease = r.Lease with { FirstBeatAt = null, LastBeatAt = null } },
        { "valid_timing", "signed less than the floor", r => r.Receipt = r.Receipt with { EndedAt = r.Receipt.StartedAt + 999 } },
        { "valid_timing", "ended before it began", r => r.Receipt = r.Receipt with { EndedAt = r.Receipt.StartedAt - 1 } },
        { "valid_timing", "numbers at the ends of their range", r => r.Receipt = r.Receipt with { StartedAt = -9_007_199_254_740_991, EndedAt = 9_007_199_254_740_991 } },
        { "valid_timing", "signed far more than we saw", r => r.Receipt = r.Receipt with { EndedAt = r.Receipt.EndedAt + 15_000 } },
        { "valid_timing", "signed a run of which we saw one beat", r => (r.Lease, r.Receipt) = (r.Lease with { LastBeatAt = r.Lease.FirstBeatAt }, r.Receipt with { EndedAt = r.Receipt.StartedAt + 12_000 }) },
        { "valid_timing", "longer than twice the estimate", r => (r.Lease, r.Receipt) = (r.Lease with { LastBeatAt = r.Lease.FirstBeatAt!.Value.AddSeconds(51) }, r.Receipt with { EndedAt = r.Receipt.StartedAt + 51_000 }) },
        { "valid_timing", "GPU time without a GPU", r => r.Receipt = r.Receipt with { GpuMilliseconds = 1 } },
        { "valid_hashes", "another challenge", r => r.Receipt = r.Receipt with { Challenge = Key.Hash(1) } },
        { "valid_hashes", "another spec", r => r.Receipt = r.Receipt with { SpecHash = Key.Hash(1) } },
        { "valid_hashes", "another image", r => r.Receipt = r.Receipt with { ImageDigest = "python@sha256:" + Key.Hash(1) } },
        { "valid_hashes", "other inputs", r => r.Receipt = r.Receipt with { InputRoot = Key.Hash(1) } },
        { "valid_hashes", "an artifact that the root does not name", r => r.Receipt = r.Receipt with { Artifacts = [] } },
        { "exit_code", "exit code 1", r => r.Exited(1) },
        { "exit_code", "timed out with 0", r => r.Exited(0, timedOut: true) },
        { "exit_code", "out of memory with 0", r => r.Exited(0, outOfMemory: true) },
    };

    [Theory]
    [MemberData(nameof(Spoilt))]
    public void A_check_fails_when_its_evidence_is_spoilt(string check, string how, Action<HonestRun> spoil)
    {
        var run = new HonestRun();
        spoil(run);
        OracleChecks.All.Single(c => c.Name == check).Holds(run.Evidence()).ShouldBeFalse(how);
    }

    public static TheoryData<string, string, Action<HonestRun>> Tolerated { get; } = new()
    {
        { "logs_exist", "a chunk that the receipt overtook", r => r.Chunks[2] = r.Chunks[2] with { ReceivedAt = HonestRun.ReportedAt.AddSeconds(9) } },
        { "node_match", "the lease was released when the receipt came", r => r.Lease = r.Lease with { Live = false } },
        { "valid_hashes", "the receipt names the digest alone", r => r.Receipt = r.Receipt with { ImageDigest = "sha256:" + Key.Hash(7) } },
        { "valid_timing", "beats a few seconds off", r => r.Lease = r.Lease with { LastBeatAt = HonestRun.TakenAt.AddSeconds(8) } },
        { "valid_timing", "outputs that took minutes to collect", r => r.Lease = r.Lease with { LastBeatAt = HonestRun.TakenAt.AddMinutes(3) } },
        { "valid_timing", "last words that waited for a broker", r => r.Lease = r.Lease with { LastBeatAt = HonestRun.TakenAt.AddMinutes(10) } },
        { "valid_timing", "exactly the floor, by a quick job", r => (r.Lease, r.Receipt) = (r.Lease with { LastBeatAt = r.Lease.FirstBeatAt!.Value.AddSeconds(1) }, r.Receipt with { EndedAt = r.Receipt.StartedAt + 1_000 }) },
        { "valid_timing", "a run limit beyond twice the estimate, as the payer asked", r =>
            {
                r.Job = r.Job with { Spec = r.Spec with { Limits = r.Spec.Limits with { TimeoutSeconds = 120 } } };
                (r.Lease, r.Receipt) = (r.Lease with { LastBeatAt = r.Lease.FirstBeatAt!.Value.AddSeconds(110) }, r.Receipt with { EndedAt = r.Receipt.StartedAt + 110_000 });
            }
        },
        { "completion_marker", "no sentinel, but the job says so", r => r.Logged(("stdout", "epoch 3\nTraining completed.\n")).Receipt = r.Receipt with { CompletionMarker = Hash256.Zero } },
    };

    [Theory]
    [MemberData(nameof(Tolerated))]
    public void A_check_holds_where_an_honest_run_may_differ(string check, string how, Action<HonestRun> change)
    {
        var run = new HonestRun();
        change(run);
        OracleChecks.All.Single(c => c.Name == check).Holds(run.Evidence()).ShouldBeTrue(how);
    }

    [Theory]
    [InlineData(10_000, 10_000, 10_000)]
    [InlineData(10_001, 10_000, 10_000)] // not even within the tolerance of the timing
    [InlineData(10_000, 12_000, 10_000)]
    [InlineData(19_000, 10_000, 10_000)]
    [InlineData(190_000, 10_000, 10_000)] // outputs that took minutes to collect
    [InlineData(10_000, 0, 0)]
    [InlineData(10_000, -5_000, 0)]
    [InlineData(0, 10_000, 0)]
    [InlineData(-1, 10_000, 0)]
    public void The_payer_is_billed_no_more_than_we_saw_and_no_more_than_the_node_signed(int seen, int signed, int billed)
    {
        var run = new HonestRun();
        run.Lease = run.Lease with { LastBeatAt = run.Lease.FirstBeatAt!.Value.AddMilliseconds(seen) };
        run.Receipt = run.Receipt with { EndedAt = run.Receipt.StartedAt + signed };
        OracleChecks.Billable(run.Evidence()).ShouldBe(TimeSpan.FromMilliseconds(billed));
    }

    [Theory]
    [InlineData("all done", true)]
    [InlineData("DONE", true)]
    [InlineData("✅", true)]
    [InlineData("result: success", true)]
    [InlineData("first line\nTraining completed.\nlast line", true)]
    [InlineData("not done", false)]
    [InlineData("it is not yet done", false)]
    [InlineData("isn’t completed", false)]
    [InlineData("success: false", false)]
    [InlineData("0 completed", false)]
    [InlineData("failed without success", false)]
    [InlineData("completed with error", false)]
    [InlineData("unsuccessful", false)]
    [InlineData("undone", false)]
    [InlineData("abandoned", false)]
    [InlineData("not-done", false)]
    [InlineData("", false)]
    [InlineData("not done\ndone", true)]
    public void Completion_words_count_whole_and_unnegated(string text, bool expected) =>
        CompletionWords.AreIn(text).ShouldBe(expected);

    [Fact]
    public void Words_of_the_agents_own_stream_do_not_count()
    {
        var run = new HonestRun().Logged(("agent", "done\n"), ("stdout", "x\n"));
        run.Receipt = run.Receipt with { CompletionMarker = Hash256.Zero };
        OracleChecks.CompletionMarker(run.Evidence()).ShouldBeFalse();
    }

    [Fact]
    public void A_false_sentinel_is_not_saved_by_words()
    {
        var run = new HonestRun().Logged(("stdout", "done\n"));
        run.Receipt = run.Receipt with { CompletionMarker = Key.Hash(1) };
        OracleChecks.CompletionMarker(run.Evidence()).ShouldBeFalse();
    }
}
