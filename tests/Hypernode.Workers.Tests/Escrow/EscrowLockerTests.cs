using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Events;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Hypernode.Workers.Escrow;
using Hypernode.Workers.Tests.Fakes;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hypernode.Workers.Tests.Escrow;

public sealed class EscrowLockerTests
{
    private readonly HonestRun _run = new();
    private readonly FakeTime _time = new();

    [Fact]
    public async Task A_lock_that_the_chain_confirms_is_locked()
    {
        _run.Escrow.Answer = new EscrowAnswer.Done("sig", _run.Payment!);
        (await LockAsync()).ShouldBe(new EscrowLocked(_run.JobId, "sig", _run.Payment!.Escrow));
    }

    [Fact]
    public async Task A_refusal_for_good_has_failed()
    {
        _run.Escrow.Answer = new EscrowAnswer.Refused("AllowanceMissing", "no delegate", CanRetry: false);
        (await LockAsync()).ShouldBe(new EscrowLockFailed(_run.JobId, "AllowanceMissing", "no delegate"));
    }

    [Fact]
    public async Task A_refusal_that_may_pass_is_unknown_while_the_intent_lives()
    {
        _run.Escrow.Answer = new EscrowAnswer.Refused("expired", "blockhash", CanRetry: true);
        (await LockAsync(FakeEscrow.Pending())).ShouldBeOfType<EscrowLockUnknown>().Pending.ShouldBeNull("nothing of ours can land any more");
    }

    [Fact]
    public async Task Past_authorize_by_it_fails_only_after_asking_again()
    {
        _run.Escrow.Answer = new EscrowAnswer.Refused("expired", "blockhash", CanRetry: true);
        _time.Now = DateTimeOffset.FromUnixTimeMilliseconds(_run.Intent.ExpiresAt);
        (await LockAsync()).ShouldBeOfType<EscrowLockFailed>().Code.ShouldBe("authorize-by-past");

        _run.Escrow.Payment = _run.Payment;
        (await LockAsync()).ShouldBe(new EscrowLocked(_run.JobId, "lock-signature", _run.Payment!.Escrow));

        _run.Escrow.Reachable = false;
        (await LockAsync(FakeEscrow.Pending())).ShouldBeOfType<EscrowLockUnknown>().Pending.ShouldBe(FakeEscrow.Pending());
    }

    [Fact]
    public async Task An_unknown_answer_is_unknown_even_past_authorize_by_and_forgets_no_transaction()
    {
        _time.Now = FakeTime.Noon.AddDays(1);
        _run.Escrow.Answer = new EscrowAnswer.Unknown(null, "timeout");
        (await LockAsync(FakeEscrow.Pending())).ShouldBe(new EscrowLockUnknown(_run.JobId, FakeEscrow.Pending(), "timeout"));
        _run.Escrow.Answer = new EscrowAnswer.Unknown(FakeEscrow.Pending("newer"), "timeout");
        (await LockAsync(FakeEscrow.Pending())).ShouldBeOfType<EscrowLockUnknown>().Pending!.Signature.ShouldBe("newer");
    }

    public static TheoryData<string, Func<EscrowView, EscrowView>> NotOurs { get; } = new()
    {
        { "payment-mismatch", p => p with { JobId = new JobId(new Guid(1, 2, 3, new byte[8])) } },
        { "payment-mismatch", p => p with { Payer = new Key(99).Address } },
        { "payment-mismatch", p => p with { Amount = new(1) } },
        { "payment-mismatch", p => p with { SettleBy = 1 } },
        { "payment-mismatch", p => p with { Mint = new Key(99).Address } },
        { "already-refunded", p => p with { Status = EscrowStatus.Refunded } },
        { "already-paid", p => p with { Status = EscrowStatus.Completed } },
    };

    [Theory]
    [MemberData(nameof(NotOurs))]
    public async Task A_payment_that_is_not_the_one_we_asked_for_is_no_lock(string code, Func<EscrowView, EscrowView> change)
    {
        _run.Escrow.Answer = new EscrowAnswer.Done("sig", change(_run.Payment!));
        (await LockAsync()).ShouldBeOfType<EscrowLockFailed>().Code.ShouldBe(code);
    }

    [Fact]
    public async Task A_deposit_is_locked_in_its_own_mint_and_amount_and_no_other()
    {
        var mint = new Key(70).Address;
        var command = _run.LockEscrow() with { Signature = new PayerSignature("sig", Deposit: new DepositPayment(mint, new(5_000), "AAAA")) };
        var locker = new EscrowLocker(_run.Escrow, _time, NullLogger<EscrowLocker>.Instance);
        async Task<object> AnswerAsync(EscrowView payment)
        {
            _run.Escrow.Answer = new EscrowAnswer.Done("sig", payment);
            return await locker.HandleAsync(command, CancellationToken.None);
        }

        var paid = _run.Payment! with { Amount = new(5_000), Mint = mint };
        (await AnswerAsync(paid)).ShouldBeOfType<EscrowLocked>();
        (await AnswerAsync(paid with { Amount = _run.Intent.Amount })).ShouldBeOfType<EscrowLockFailed>().Code.ShouldBe("payment-mismatch");
        (await AnswerAsync(paid with { Mint = null })).ShouldBeOfType<EscrowLockFailed>().Code.ShouldBe("payment-mismatch");
        (await AnswerAsync(paid with { Mint = _run.Escrow.Deployment.Mint })).ShouldBeOfType<EscrowLockFailed>().Code.ShouldBe("payment-mismatch");
    }

    private Task<object> LockAsync(PendingTransaction? pending = null) =>
        new EscrowLocker(_run.Escrow, _time, NullLogger<EscrowLocker>.Instance).HandleAsync(_run.LockEscrow(pending), CancellationToken.None);
}

public sealed class NodeAssignerTests
{
    private readonly HonestRun _run = new();

    [Fact]
    public async Task An_assignment_that_the_chain_confirms_is_assigned()
    {
        _run.Escrow.Answer = new EscrowAnswer.Done("sig", _run.Payment!);
        (await AssignAsync()).ShouldBe(new NodeAssigned(_run.JobId, 1, "sig"));
    }

    [Fact]
    public async Task A_payment_that_names_somebody_else_has_failed()
    {
        _run.Escrow.Answer = new EscrowAnswer.Done("sig", _run.Payment! with { AssignedNode = new Key(99).Address });
        (await AssignAsync()).ShouldBeOfType<NodeAssignmentFailed>().Code.ShouldBe("assigned-elsewhere");
        _run.Escrow.Answer = new EscrowAnswer.Done("sig", _run.Payment! with { Attempt = 2 });
        (await AssignAsync()).ShouldBeOfType<NodeAssignmentFailed>().Code.ShouldBe("assigned-elsewhere");
    }

    [Fact]
    public async Task A_refusal_for_good_has_failed()
    {
        _run.Escrow.Answer = new EscrowAnswer.Refused("PaymentExpired", "", CanRetry: false);
        (await AssignAsync()).ShouldBe(new NodeAssignmentFailed(_run.JobId, 1, "PaymentExpired", ""));
    }

    [Fact]
    public async Task What_may_pass_or_is_unknown_is_asked_again()
    {
        _run.Escrow.Answer = new EscrowAnswer.Refused("expired", "", CanRetry: true);
        await Should.ThrowAsync<AnswerUnknownException>(AssignAsync);
        _run.Escrow.Answer = new EscrowAnswer.Unknown(null, "");
        await Should.ThrowAsync<AnswerUnknownException>(AssignAsync);
    }

    private Task<object> AssignAsync() => new NodeAssigner(_run.Escrow, NullLogger<NodeAssigner>.Instance)
        .HandleAsync(new AssignNode(_run.JobId, _run.IntentId, 1, _run.NodeId, _run.Authority.Address), CancellationToken.None);
}
