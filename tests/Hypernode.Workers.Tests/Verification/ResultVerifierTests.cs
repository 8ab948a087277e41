using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Events;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Text;
using Hypernode.Workers.Tests.Fakes;
using Hypernode.Workers.Verification;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hypernode.Workers.Tests.Verification;

public sealed class ResultVerifierTests
{
    private readonly HonestRun _run = new();
    private readonly FakeEvidence _evidence = new();
    private readonly FakeTime _time = new(HonestRun.ReportedAt.AddSeconds(1));

    [Fact]
    public async Task A_good_run_is_charged_for_the_time_between_its_beats()
    {
        var answer = await VerifyAsync();
        answer.ShouldBe(new ResultVerified(
            _run.JobId, 1, Verdict.Succeeded, 10_000, new HyperAmount(10_000), _run.Receipt.Hash(), _run.Receipt.LogRoot, "all checks hold"));
    }

    [Fact]
    public async Task A_job_fault_is_charged_as_metered()
    {
        _run.Exited(3);
        var answer = await VerifyAsync();
        answer.Verdict.ShouldBe(Verdict.JobFault);
        answer.Charge.ShouldBe(new HyperAmount(10_000));
        answer.Detail.ShouldBe("failed: exit_code");
    }

    [Fact]
    public async Task A_node_at_fault_is_paid_nothing()
    {
        _run.Receipt = _run.Receipt with { LogRoot = Key.Hash(1) };
        var answer = await VerifyAsync();
        (answer.Verdict, answer.Charge, answer.Detail).ShouldBe((Verdict.NodeFault, HyperAmount.Zero, "failed: logs_exist"));
    }

    [Theory]
    [InlineData(1_000, 10_000, 10_000)] // 10 s at 1,000
    [InlineData(1_000, 10_001, 10_001)]
    [InlineData(3, 10_001, 31)] // 30.003, rounded up
    [InlineData(0, 10_000, 1)] // never nothing
    [InlineData(1_000, 1_000_000, 30_000)] // no more than the run limit of 30 s
    [InlineData(50_000, 10_000, 100_000)] // no more than the escrow holds
    [InlineData(long.MaxValue, 10_000, 100_000)] // no overflow
    public async Task The_charge_is_metered_and_bounded(long rate, int milliseconds, ulong expected)
    {
        _run.Lease = _run.Lease with { RatePerSecond = new HyperAmount((ulong)rate), LastBeatAt = _run.Lease.FirstBeatAt!.Value.AddMilliseconds(milliseconds) };
        _run.Receipt = _run.Receipt with { EndedAt = _run.Receipt.StartedAt + milliseconds };
        (await VerifyAsync()).Charge.ShouldBe(new HyperAmount(expected));
    }

    [Fact]
    public async Task A_charge_is_in_what_the_payment_is_in_at_the_rate_that_was_quoted()
    {
        // 100,000 base units of HYPER were paid with 5,001 of another mint.
        var mint = new Key(70).Address;
        _run.Job = _run.Job with { IntentSignature = new PayerSignature("sig", Deposit: new DepositPayment(mint, new HyperAmount(5_001), "AAAA")) };
        _run.Payment = _run.Payment! with { Amount = new HyperAmount(5_001), Mint = mint };
        var answer = await VerifyAsync();
        (answer.Verdict, answer.Charge).ShouldBe((Verdict.Succeeded, new HyperAmount(501)));

        _run.Payment = _run.Payment! with { Mint = null };
        (await VerifyAsync()).Score.ShouldBe(8_500, "the payment on chain is another one: job_exists fails");
    }

    [Fact]
    public async Task Beats_that_go_on_after_the_signed_end_are_not_charged()
    {
        _run.Lease = _run.Lease with { LastBeatAt = HonestRun.TakenAt.AddMinutes(10) };
        var answer = await VerifyAsync();
        (answer.Verdict, answer.Detail, answer.Charge).ShouldBe((Verdict.Succeeded, "all checks hold", new HyperAmount(10_000)));
    }

    [Fact]
    public async Task Without_a_receipt_it_can_not_know() =>
        (await Should.ThrowAsync<AnswerUnknownException>(() => VerifyAsync(withReceipt: false))).Message.ShouldContain("no receipt yet");

    [Fact]
    public async Task It_waits_a_moment_for_chunks_that_the_receipt_overtook()
    {
        _run.Chunks.RemoveAt(2);
        await Should.ThrowAsync<AnswerUnknownException>(() => VerifyAsync());
        _time.Now = HonestRun.ReportedAt.AddSeconds(11);
        (await VerifyAsync()).Verdict.ShouldBe(Verdict.NodeFault);
    }

    [Fact]
    public async Task A_chain_that_can_not_be_asked_is_asked_again()
    {
        _run.Escrow.Reachable = false;
        await Should.ThrowAsync<AnswerUnknownException>(() => VerifyAsync());
    }

    [Fact]
    public async Task A_long_log_is_read_to_its_end_and_not_into_the_next_attempt()
    {
        _run.Logged([.. Enumerable.Range(0, 1_024).Select(i => ("stdout", $"line {i}\n"))]);
        _run.Chunks = [.. _run.Chunks.Select(c => c with { ReceivedAt = HonestRun.TakenAt.AddSeconds(5) })];
        _run.Chunks.Add(_run.Chunks[0] with { Chunk = _run.Chunks[0].Chunk with { Attempt = 2 } });
        (await VerifyAsync()).Verdict.ShouldBe(Verdict.Succeeded);
    }

    [Fact]
    public async Task A_cancelled_run_is_metered_without_a_receipt()
    {
        var answer = await VerifyAsync(withReceipt: false, cancelled: true);
        (answer.Verdict, answer.Charge, answer.LogsHash).ShouldBe((Verdict.Cancelled, new HyperAmount(10_000), _run.Chunks[^1].Chunk.Hash));
        answer.ExecutionHash.ShouldNotBe(Hash256.Zero);
        (await VerifyAsync(withReceipt: false, cancelled: true)).ShouldBe(answer, "the same question has the same answer");
    }

    [Fact]
    public async Task A_cancelled_run_that_never_beat_costs_the_least_that_the_chain_takes()
    {
        _run.Lease = _run.Lease with { FirstBeatAt = null, LastBeatAt = null };
        _run.Chunks = [];
        var answer = await VerifyAsync(withReceipt: false, cancelled: true);
        (answer.Verdict, answer.Charge, answer.LogsHash).ShouldBe((Verdict.Cancelled, new HyperAmount(1), Hash256.Zero));
    }

    [Fact]
    public async Task A_cancelled_run_with_a_receipt_is_settled_with_its_hash() =>
        (await VerifyAsync(cancelled: true)).ExecutionHash.ShouldBe(_run.Receipt.Hash());

    [Fact]
    public async Task A_cancelled_run_costs_no_more_than_its_node_signed()
    {
        _run.Receipt = _run.Receipt with { EndedAt = _run.Receipt.StartedAt + 4_000 };
        (await VerifyAsync(cancelled: true)).Charge.ShouldBe(new HyperAmount(4_000));
    }

    private async Task<ResultVerified> VerifyAsync(bool withReceipt = true, bool cancelled = false)
    {
        _evidence.Chunks.Clear();
        _evidence.Chunks.AddRange(_run.Chunks);
        _evidence.Receipts.Clear();
        if (withReceipt)
        {
            _evidence.Receipts.Add(_run.Stored());
        }

        _run.Escrow.Payment = _run.Payment;
        var nodes = new FakeNodes { All = { _run.Node }, Leases = { _run.Lease } };
        var verifier = new ResultVerifier(
            new FakeJobs { All = { _run.Job } }, nodes, _evidence, _run.Escrow, _time, NullLogger<ResultVerifier>.Instance);
        return (ResultVerified)await verifier.HandleAsync(new VerifyResult(_run.JobId, 1, cancelled), CancellationToken.None);
    }
}
