using Hypernode.Cli.Chain;
using Hypernode.Solana;
using Hypernode.Solana.Facilitator;

namespace Hypernode.Cli.Tests;

public class SumsCheckTests
{
    private static readonly ClaimedSums Paid = new("Paid", "node-a", Amount: 1_000, Charge: 101, NodeShare: 86, ProtocolFee: 10, PlatformFee: 5, Refund: 899);
    private static readonly RunBound Bound = new(RatePerSecond: 50, TimeSpan.FromSeconds(3));
    private static readonly Ours Mine = new(Key(1), 1_000, new Dictionary<string, PublicKey> { ["node-a"] = Key(2), ["node-b"] = Key(3) });
    private static readonly Balances Before = Balances(payer: 5_000, protocol: 7, platform: 3, a: 0, b: 40);
    private static readonly Balances After = Balances(payer: 4_899, protocol: 17, platform: 8, a: 86, b: 40);

    [Fact]
    public void A_payment_to_the_base_unit_passes() => Failures(Paid, After).ShouldBeEmpty();

    [Fact]
    public void One_base_unit_too_few_for_the_node_is_found() =>
        Failures(Paid, Balances(4_899, 17, 8, a: 85, b: 40)).ShouldContain(f => f.Contains("node-a", StringComparison.Ordinal));

    [Fact]
    public void A_node_that_got_something_for_nothing_is_found() =>
        Failures(Paid, Balances(4_899, 17, 8, a: 86, b: 41)).ShouldContain(f => f.Contains("node-b", StringComparison.Ordinal));

    [Fact]
    public void What_stays_in_escrow_is_found() =>
        Failures(Paid, After with { Escrow = 1 }).ShouldContain(f => f.Contains("escrow", StringComparison.Ordinal));

    [Fact]
    public void Tokens_from_nowhere_are_found() =>
        Failures(Paid, After with { Supply = 1_000_001 }).ShouldContain(f => f.Contains("supply", StringComparison.Ordinal));

    [Fact]
    public void A_fee_that_is_rounded_up_is_found() =>
        Failures(Paid with { ProtocolFee = 11, NodeShare = 85 }, After).ShouldContain(f => f.Contains("protocol's fee", StringComparison.Ordinal));

    [Fact]
    public void A_charge_for_more_than_the_run_is_found() =>
        Failures(Paid, After, bound: Bound with { Longest = TimeSpan.FromSeconds(1) }).ShouldContain(f => f.Contains("not between 1 and 50", StringComparison.Ordinal));

    [Fact]
    public void A_payment_that_is_still_open_on_chain_is_found() =>
        Failures(Paid, After, Payment(PaymentStatus.Pending, 0)).ShouldContain(f => f.Contains("Pending", StringComparison.Ordinal));

    [Fact]
    public void Another_amount_than_was_signed_is_found() =>
        Failures(Paid with { Amount = 2_000, Refund = 1_899 }, After).ShouldContain(f => f.Contains("the amount", StringComparison.Ordinal));

    [Fact]
    public void Another_payer_s_payment_is_found() =>
        Failures(Paid, After, Payment(PaymentStatus.Completed, 101) with { Payer = Key(9) }).ShouldContain(f => f.Contains("instead of ours", StringComparison.Ordinal));

    [Fact]
    public void A_payment_that_names_another_wallet_than_the_node_s_is_found() =>
        Failures(Paid, After, Payment(PaymentStatus.Completed, 101) with { AssignedNode = Key(9) }).ShouldContain(f => f.Contains("authority of node node-a", StringComparison.Ordinal));

    [Fact]
    public void A_full_refund_passes() => SumsCheck.Failures(
        new ClaimedSums("Refunded", null, 1_000, 0, 0, 0, 0, 1_000), Before, Before, Payment(PaymentStatus.Refunded, 0), null, Mine).ShouldBeEmpty();

    [Fact]
    public void A_refusal_that_left_an_account_on_chain_is_found() => SumsCheck.Failures(
        new ClaimedSums("Rejected", null, 0, 0, 0, 0, 0, 0), Before, Before, Payment(PaymentStatus.Pending, 0), null, Mine).ShouldNotBeEmpty();

    private static PublicKey Key(byte value) => new([.. Enumerable.Repeat(value, 32)]);

    private static IReadOnlyList<string> Failures(ClaimedSums claimed, Balances after, PaymentIntentAccount? payment = null, RunBound? bound = null) =>
        SumsCheck.Failures(claimed, Before, after, payment ?? Payment(PaymentStatus.Completed, 101), bound ?? Bound, Mine);

    private static Balances Balances(ulong payer, ulong protocol, ulong platform, ulong a, ulong b) =>
        new(payer, Escrow: 0, protocol, platform, new Dictionary<string, ulong> { ["node-a"] = a, ["node-b"] = b }, Supply: 1_000_000);

    private static PaymentIntentAccount Payment(PaymentStatus status, ulong charge) => new(
        Guid.Empty, Guid.Empty, Mine.Payer, PublicKey.Default, PublicKey.Default, 1_000, status, PaymentVia.SignedIntent, 255, 255, 1, Mine.Authorities["node-a"],
        0, 0, 0, 0, 0, charge, new byte[32], new byte[32]);
}
