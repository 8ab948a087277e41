using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Events;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Ports;
using Hypernode.Workers.Intents;
using Hypernode.Workers.Tests.Fakes;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hypernode.Workers.Tests.Intents;

public sealed class IntentVerifierTests
{
    private readonly HonestRun _run = new();

    [Fact]
    public async Task A_signed_funded_intent_is_verified() =>
        (await VerifyAsync(_run.VerifyIntent())).ShouldBe(new IntentVerified(_run.JobId));

    public static TheoryData<string, Func<HonestRun, PaymentIntent>> BadTerms { get; } = new()
    {
        { "job-mismatch", r => r.Intent with { JobId = new JobId(new Guid(1, 2, 3, new byte[8])) } },
        { "amount-out-of-range", r => r.Intent with { Amount = HyperAmount.Zero } },
        { "amount-out-of-range", r => r.Intent with { Amount = new HyperAmount(ulong.MaxValue) } },
        { "timestamp-out-of-range", r => r.Intent with { Timestamp = long.MaxValue } },
        { "timestamp-out-of-range", r => r.Intent with { Timestamp = -1 } },
        { "timestamp-out-of-range", r => r.Intent with { ExpiresAt = long.MaxValue } },
        { "timestamp-in-future", r => r.Intent with { Timestamp = Ms(FakeTime.Noon.AddSeconds(301)) } },
        { "lifetime-out-of-range", r => r.Intent with { ExpiresAt = r.Intent.Timestamp } },
        { "lifetime-out-of-range", r => r.Intent with { ExpiresAt = r.Intent.Timestamp + 86_400_001 } },
        { "intent-expired", r => r.Intent with { ExpiresAt = Ms(FakeTime.Noon) } },
    };

    [Theory]
    [MemberData(nameof(BadTerms))]
    public async Task Terms_out_of_range_are_refused_by_name(string code, Func<HonestRun, PaymentIntent> change)
    {
        _run.Intent = change(_run);
        var command = new VerifyIntent(_run.JobId, _run.Intent, new PayerSignature("1"), _run.Spec.Hash(), _run.SettleBy, _run.Salt);
        (await RefusedAsync(command)).ShouldBe(code);
    }

    [Theory]
    [InlineData(-3_600 * 24)] // before authorize_by
    [InlineData((3_600 * 24 * 7) + 1)]
    public async Task A_settle_by_that_the_program_would_refuse_is_refused(int fromNow)
    {
        var command = _run.VerifyIntent() with { SettleBy = FakeTime.Noon.ToUnixTimeSeconds() + fromNow };
        (await RefusedAsync(command)).ShouldBe("settle-by-out-of-range");
    }

    [Fact]
    public async Task A_nonce_that_commits_to_another_spec_is_refused() =>
        (await RefusedAsync(_run.VerifyIntent() with { SpecHash = Key.Hash(1) })).ShouldBe("nonce-mismatch");

    [Fact]
    public async Task A_nonce_of_another_network_is_refused()
    {
        _run.Escrow.Deployment = _run.Escrow.Deployment with { Cluster = Key.Hash(77) };
        (await RefusedAsync(_run.VerifyIntent())).ShouldBe("nonce-mismatch");
    }

    [Theory]
    [InlineData("")]
    [InlineData("not base58 0OIl")]
    [InlineData("1111")]
    public async Task A_malformed_signature_is_refused(string signature) =>
        (await RefusedAsync(_run.VerifyIntent() with { Signature = new PayerSignature(signature) })).ShouldBe("signature-invalid");

    [Fact]
    public async Task A_strangers_signature_is_refused() =>
        (await RefusedAsync(_run.VerifyIntent() with { Signature = new PayerSignature(new Key(99).Sign(_run.Intent.ToSigningText())) })).ShouldBe("signature-invalid");

    [Fact]
    public async Task A_signature_over_another_amount_is_refused()
    {
        var signature = _run.Payer.Sign((_run.Intent with { Amount = new HyperAmount(1) }).ToSigningText());
        (await RefusedAsync(_run.VerifyIntent() with { Signature = new PayerSignature(signature) })).ShouldBe("signature-invalid");
    }

    [Theory]
    [InlineData(99_999, 100_000, "balance-too-small")]
    [InlineData(100_000, 0, "allowance-missing")]
    [InlineData(100_000, 99_999, "allowance-too-small")]
    public async Task Missing_funds_are_refused_each_with_its_code(ulong balance, ulong allowance, string code)
    {
        _run.Escrow.Funds = new PayerFunds(new HyperAmount(balance), new HyperAmount(allowance));
        (await RefusedAsync(_run.VerifyIntent())).ShouldBe(code);
    }

    [Fact]
    public async Task Exact_funds_suffice()
    {
        _run.Escrow.Funds = new PayerFunds(_run.Intent.Amount, _run.Intent.Amount);
        (await VerifyAsync(_run.VerifyIntent())).ShouldBeOfType<IntentVerified>();
    }

    [Fact]
    public async Task A_chain_that_can_not_be_asked_is_asked_again()
    {
        _run.Escrow.Reachable = false;
        await Should.ThrowAsync<AnswerUnknownException>(() => VerifyAsync(_run.VerifyIntent()));
    }

    private static long Ms(DateTimeOffset at) => at.ToUnixTimeMilliseconds();

    private Task<object> VerifyAsync(VerifyIntent command) =>
        new IntentVerifier(_run.Escrow, new FakeTime(), NullLogger<IntentVerifier>.Instance).HandleAsync(command, CancellationToken.None);

    private async Task<string> RefusedAsync(VerifyIntent command) => (await VerifyAsync(command)).ShouldBeOfType<IntentVerificationFailed>().Code;
}
