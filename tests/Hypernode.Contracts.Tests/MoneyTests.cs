using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Text;

namespace Hypernode.Contracts.Tests;

public sealed class MoneyTests
{
    [Theory]
    [InlineData("0.000001", 1UL)]
    [InlineData("1", 1_000_000UL)]
    [InlineData("1.5", 1_500_000UL)]
    [InlineData("100.000000", 100_000_000UL)]
    [InlineData("9223372036854.775807", 9_223_372_036_854_775_807UL)]
    [InlineData("007", 7_000_000UL)]
    public void A_decimal_of_at_most_six_places_is_read_exactly(string text, ulong units)
    {
        HyperAmount.TryParseHyper(text, out var amount).ShouldBeTrue();
        amount.BaseUnits.ShouldBe(units);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-1")]
    [InlineData("+1")]
    [InlineData("1e3")]
    [InlineData("0.0000001")]
    [InlineData("1.")]
    [InlineData(".5")]
    [InlineData("1,000")]
    [InlineData(" 1")]
    [InlineData("1.2.3")]
    [InlineData("١")]
    [InlineData("9223372036854.775808")]
    [InlineData("NaN")]
    public void Anything_else_is_refused(string text) => HyperAmount.TryParseHyper(text, out _).ShouldBeFalse();

    [Fact]
    public void The_text_of_an_amount_reads_back_as_the_amount() => Check.QuickThrowOnFailure(Prop.ForAll<ulong>(n =>
    {
        var amount = new HyperAmount(n & long.MaxValue);
        return HyperAmount.TryParseHyper(amount.ToString(), out var back) && back == amount;
    }));

    [Fact]
    public void The_three_shares_add_up_to_the_charge() => Check.QuickThrowOnFailure(Prop.ForAll<ulong>(n =>
    {
        var charge = new HyperAmount(n);
        var split = FeeSplit.Of(charge);
        return split.NodeShare + split.ProtocolFee + split.PlatformFee == charge
            && split.ProtocolFee.BaseUnits == n / 10
            && split.PlatformFee.BaseUnits == n / 20;
    }));

    [Fact]
    public void Sums_and_differences_are_checked()
    {
        Should.Throw<OverflowException>(() => new HyperAmount(ulong.MaxValue) + new HyperAmount(1));
        Should.Throw<OverflowException>(() => new HyperAmount(1) - new HyperAmount(2));
    }

    [Theory]
    [InlineData(1_000UL, 10UL, 1_000, 10UL)]
    [InlineData(1_000UL, 10UL, 1_001, 11UL)]
    [InlineData(1_000UL, 10UL, 0, 1UL)]
    [InlineData(1_000UL, 0UL, 60_000, 1UL)]
    [InlineData(5UL, 10UL, 60_000, 5UL)]
    [InlineData(1_000UL, 10UL, 3_600_000, 600UL)]
    [InlineData(ulong.MaxValue, ulong.MaxValue, 2_000, ulong.MaxValue)]
    public void A_charge_is_metered_rounded_up_and_capped(ulong amount, ulong rate, int milliseconds, ulong charge) =>
        Metering.Charge(new(amount), new(rate), TimeSpan.FromMilliseconds(milliseconds), TimeSpan.FromSeconds(60)).BaseUnits.ShouldBe(charge);

    [Fact]
    public void In_messages_an_amount_is_an_integer_of_base_units()
    {
        JsonSerializer.Serialize(new HyperAmount(7), ContractJson.Options).ShouldBe("7");
        Should.Throw<JsonException>(() => JsonSerializer.Deserialize<HyperAmount>("7.5", ContractJson.Options));
        Should.Throw<JsonException>(() => JsonSerializer.Deserialize<HyperAmount>("-7", ContractJson.Options));
    }
}
