using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Events;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Ports;
using Hypernode.Workers.Settlement;
using Hypernode.Workers.Tests.Fakes;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hypernode.Workers.Tests.Settlement;

public sealed class PaymentSettlerTests
{
    private readonly HonestRun _run = new();

    private EscrowView Completed => _run.Payment! with
    {
        Status = EscrowStatus.Completed,
        Charge = new HyperAmount(10_007),
        ExecutionHash = Key.Hash(1),
        LogsHash = Key.Hash(2),
        LastSignature = "earlier",
    };

    [Fact]
    public async Task A_settlement_splits_the_charge_and_returns_the_remainder()
    {
        _run.Escrow.Answer = new EscrowAnswer.Done("sig", Completed);
        var settled = (await SettleAsync()).ShouldBeOfType<PaymentSettled>();
        settled.ShouldBe(new PaymentSettled(_run.JobId, "sig", new(10_007), new(8_507), new(1_000), new(500), new(89_993)));
        (settled.NodeShare + settled.ProtocolFee + settled.PlatformFee + settled.Refund).ShouldBe(_run.Intent.Amount);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_refusal_because_it_is_settled_with_these_hashes_is_a_success(bool canRetry)
    {
        _run.Escrow.Answer = new EscrowAnswer.Refused("InvalidPaymentStatus", "", canRetry);
        _run.Escrow.Payment = Completed;
        (await SettleAsync()).ShouldBeOfType<PaymentSettled>().Signature.ShouldBe("earlier");
    }

    [Fact]
    public async Task Other_hashes_on_chain_are_a_failure_for_good()
    {
        _run.Escrow.Answer = new EscrowAnswer.Done("sig", Completed with { LogsHash = Key.Hash(9) });
        var failed = (await SettleAsync()).ShouldBeOfType<PaymentSettlementFailed>();
        (failed.Code, failed.CanRetry).ShouldBe(("settled-with-other-hashes", false));
    }

    [Fact]
    public async Task A_payment_that_somebody_refunded_is_reported_as_what_it_is()
    {
        _run.Escrow.Answer = new EscrowAnswer.Refused("InvalidPaymentStatus", "", CanRetry: true);
        _run.Escrow.Payment = _run.Payment! with { Status = EscrowStatus.Refunded, LastSignature = "theirs" };
        (await SettleAsync()).ShouldBe(new PaymentRefunded(_run.JobId, "theirs", _run.Intent.Amount));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_refusal_of_an_open_payment_keeps_what_the_chain_says_of_it(bool canRetry)
    {
        _run.Escrow.Answer = new EscrowAnswer.Refused("PaymentExpired", "settle_by", canRetry);
        _run.Escrow.Payment = _run.Payment;
        (await SettleAsync()).ShouldBe(new PaymentSettlementFailed(_run.JobId, "PaymentExpired", "settle_by", canRetry));
    }

    [Fact]
    public async Task What_is_not_known_is_unknown_and_forgets_no_transaction()
    {
        _run.Escrow.Answer = new EscrowAnswer.Unknown(null, "timeout");
        (await SettleAsync(FakeEscrow.Pending())).ShouldBe(new PaymentSettlementUnknown(_run.JobId, FakeEscrow.Pending(), "timeout"));
        _run.Escrow.Answer = new EscrowAnswer.Refused("x", "", CanRetry: false);
        _run.Escrow.Reachable = false;
        (await SettleAsync(FakeEscrow.Pending())).ShouldBeOfType<PaymentSettlementUnknown>().Pending.ShouldBe(FakeEscrow.Pending());
    }

    private Task<object> SettleAsync(PendingTransaction? pending = null) =>
        new PaymentSettler(_run.Escrow, NullLogger<PaymentSettler>.Instance).HandleAsync(
            new SettlePayment(
                _run.JobId, _run.IntentId, 1, _run.NodeId, _run.Authority.Address, Verdict.Succeeded, new HyperAmount(10_007), Key.Hash(1), Key.Hash(2), pending),
            CancellationToken.None);
}

public sealed class PaymentRefunderTests
{
    private readonly HonestRun _run = new();

    private EscrowView Refunded => _run.Payment! with { Status = EscrowStatus.Refunded, LastSignature = "earlier" };

    [Fact]
    public async Task A_refund_returns_the_whole_amount()
    {
        _run.Escrow.Answer = new EscrowAnswer.Done("sig", Refunded);
        (await RefundAsync()).ShouldBe(new PaymentRefunded(_run.JobId, "sig", _run.Intent.Amount));
    }

    [Fact]
    public async Task A_refusal_because_somebody_was_faster_is_a_success()
    {
        _run.Escrow.Answer = new EscrowAnswer.Refused("InvalidPaymentStatus", "", CanRetry: false);
        _run.Escrow.Payment = Refunded;
        (await RefundAsync()).ShouldBe(new PaymentRefunded(_run.JobId, "earlier", _run.Intent.Amount));
    }

    [Fact]
    public async Task A_payment_that_was_paid_out_is_never_called_refunded()
    {
        _run.Escrow.Answer = new EscrowAnswer.Refused("InvalidPaymentStatus", "", CanRetry: false);
        _run.Escrow.Payment = _run.Payment! with { Status = EscrowStatus.Completed, Charge = new HyperAmount(100), LastSignature = "landed" };
        (await RefundAsync()).ShouldBe(new PaymentSettled(_run.JobId, "landed", new(100), new(85), new(10), new(5), new(99_900)));
        _run.Escrow.Answer = new EscrowAnswer.Done("sig", _run.Payment!);
        (await RefundAsync()).ShouldBeOfType<PaymentRefundFailed>().Code.ShouldBe("unknown");
    }

    [Fact]
    public async Task Every_other_answer_is_not_yet()
    {
        _run.Escrow.Answer = new EscrowAnswer.Refused("NotYetRefundable", "wait", CanRetry: true);
        _run.Escrow.Payment = _run.Payment;
        (await RefundAsync()).ShouldBe(new PaymentRefundFailed(_run.JobId, null, "NotYetRefundable", "wait"));
        _run.Escrow.Answer = new EscrowAnswer.Unknown(FakeEscrow.Pending(), "timeout");
        (await RefundAsync()).ShouldBe(new PaymentRefundFailed(_run.JobId, FakeEscrow.Pending(), "unknown", "timeout"));
    }

    private Task<object> RefundAsync() => new PaymentRefunder(_run.Escrow, NullLogger<PaymentRefunder>.Instance)
        .HandleAsync(new RefundPayment(_run.JobId, _run.IntentId, 1, RefundReason.AttemptsUsedUp, null), CancellationToken.None);
}
