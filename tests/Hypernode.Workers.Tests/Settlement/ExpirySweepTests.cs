using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Hypernode.Workers.Settlement;
using Hypernode.Workers.Tests.Fakes;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Hypernode.Workers.Tests.Settlement;

public sealed class ExpirySweepTests
{
    private readonly HonestRun _run = new();
    private readonly FakeJobs _jobs = new();

    private DateTimeOffset Late => DateTimeOffset.FromUnixTimeSeconds(_run.SettleBy).AddSeconds(31);

    [Fact]
    public async Task A_payment_whose_job_is_missing_is_refunded()
    {
        _run.Escrow.Open.Add(_run.Payment!);
        _run.Escrow.Answer = new EscrowAnswer.Done("sig", _run.Payment! with { Status = EscrowStatus.Refunded });
        (await SweepAsync(Late)).ShouldBe(new ExpirySweepResult(1, 1));
        _run.Escrow.Asked.ShouldBe([new RefundPayment(_run.JobId, _run.IntentId, 1, RefundReason.Expired, null)]);
    }

    [Theory]
    [InlineData(JobStateNames.Paid, true)]
    [InlineData(JobStateNames.Refunded, true)]
    [InlineData(JobStateNames.Rejected, true)]
    [InlineData(JobStateNames.Initial, false)]
    [InlineData(JobStateNames.EscrowPending, false)]
    [InlineData(JobStateNames.SettlementPending, false)]
    [InlineData(JobStateNames.Refunding, false)]
    public async Task Only_a_job_that_has_ended_leaves_its_payment_to_the_sweep(string state, bool refunded)
    {
        _run.Escrow.Open.Add(_run.Payment!);
        _jobs.All.Add(_run.Job with { State = state });
        _run.Escrow.Answer = new EscrowAnswer.Done("sig", _run.Payment! with { Status = EscrowStatus.Refunded });
        (await SweepAsync(Late)).Refunded.ShouldBe(refunded ? 1 : 0);
        _run.Escrow.Asked.Count.ShouldBe(refunded ? 1 : 0);
    }

    [Fact]
    public async Task Nothing_is_touched_before_the_programs_grace_is_over()
    {
        _run.Escrow.Open.Add(_run.Payment!);
        (await SweepAsync(DateTimeOffset.FromUnixTimeSeconds(_run.SettleBy).AddSeconds(30))).ShouldBe(new ExpirySweepResult(0, 0));
        _run.Escrow.OpenPastAskedWith.ShouldBe(_run.SettleBy);
    }

    [Fact]
    public async Task One_that_can_not_be_refunded_now_does_not_keep_the_others_from_it()
    {
        _run.Escrow.Open.Add(_run.Payment!);
        _run.Escrow.Open.Add(_run.Payment! with { IntentId = new IntentId(new Guid(4, 4, 4, new byte[8])) });
        _run.Escrow.Answer = new EscrowAnswer.Unknown(null, "timeout");
        _run.Escrow.NextAnswer = new EscrowAnswer.Done("sig", _run.Payment! with { Status = EscrowStatus.Refunded });
        (await SweepAsync(Late)).ShouldBe(new ExpirySweepResult(2, 1));
    }

    private Task<ExpirySweepResult> SweepAsync(DateTimeOffset now) =>
        new ExpirySweep(_run.Escrow, _jobs, Options.Create(new WorkflowWindows()), NullLogger<ExpirySweep>.Instance).RunOnceAsync(now, CancellationToken.None);
}
