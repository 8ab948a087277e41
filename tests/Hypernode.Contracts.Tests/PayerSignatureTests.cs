using System.Text.Json;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Text;

namespace Hypernode.Contracts.Tests;

public class PayerSignatureTests
{
    [Theory]
    [InlineData("", null, "\"\"")]
    [InlineData("5VERv8", null, "\"5VERv8\"")]
    [InlineData("5VERv8", "GHtXQ", "\"GHtXQ:5VERv8\"")]
    public void It_travels_as_its_text(string value, string? blockhash, string json)
    {
        var signature = new PayerSignature(value, blockhash);
        JsonSerializer.Serialize(signature, ContractJson.Options).ShouldBe(json);
        JsonSerializer.Deserialize<PayerSignature>(json, ContractJson.Options).ShouldBe(signature);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(":")]
    [InlineData("a:")]
    [InlineData(":a")]
    [InlineData("a:b:c")]
    public void Other_text_is_refused(string? text)
    {
        PayerSignature.TryParse(text, null, out _).ShouldBeFalse();
        PayerSignature.TryParse(new string('a', 161), null, out _).ShouldBeFalse();
    }

    [Fact]
    public void A_deposit_keeps_its_mint_amount_and_transaction()
    {
        var deposit = new DepositPayment(WalletAddress.FromBytes(Hash256.Of("mint"u8).ToBytes()), new HyperAmount(ulong.MaxValue), new string('A', 1_644));
        var signature = new PayerSignature("sig", Deposit: deposit);
        PayerSignature.Parse(signature.ToString()).ShouldBe(signature);
        JsonSerializer.Deserialize<PayerSignature>(JsonSerializer.Serialize(signature, ContractJson.Options), ContractJson.Options).ShouldBe(signature);
        signature.Funded(new HyperAmount(1)).ShouldBe(deposit.Amount);
        new PayerSignature("sig").Funded(new HyperAmount(1)).ShouldBe(new HyperAmount(1));
    }

    [Theory]
    [InlineData("deposit:mint:1:AAAA:sig")]
    [InlineData("deposit:4zMMC9srt5Ri5X14GAgXhaHii3GnPAEERYPJgZJDncDU:-1:AAAA:sig")]
    [InlineData("deposit:4zMMC9srt5Ri5X14GAgXhaHii3GnPAEERYPJgZJDncDU:1.5:AAAA:sig")]
    [InlineData("deposit:4zMMC9srt5Ri5X14GAgXhaHii3GnPAEERYPJgZJDncDU:1::sig")]
    [InlineData("deposit:4zMMC9srt5Ri5X14GAgXhaHii3GnPAEERYPJgZJDncDU:1:AAAA:")]
    [InlineData("other:4zMMC9srt5Ri5X14GAgXhaHii3GnPAEERYPJgZJDncDU:1:AAAA:sig")]
    public void What_is_no_deposit_is_none(string text) => PayerSignature.TryParse(text, null, out _).ShouldBeFalse();

    [Theory]
    [InlineData(0, 100, 5, 0)]
    [InlineData(1, 100, 5, 1)]
    [InlineData(20, 100, 5, 1)]
    [InlineData(21, 100, 5, 2)]
    [InlineData(99, 100, 5, 5)]
    [InlineData(100, 100, 5, 5)]
    [InlineData(101, 100, 5, 5)]
    [InlineData(50, 100, 100, 50)]
    [InlineData(9_223_372_036_854_775_806, 9_223_372_036_854_775_807, 9_223_372_036_854_775_807, 9_223_372_036_854_775_806)]
    public void A_charge_is_converted_in_proportion_rounded_up_and_never_more_than_there_is(ulong charge, ulong authorized, ulong funded, ulong expected) =>
        new DepositPayment(default, new HyperAmount(funded), "AAAA").Convert(new HyperAmount(charge), new HyperAmount(authorized)).BaseUnits.ShouldBe(expected);
}
