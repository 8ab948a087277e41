using Hypernode.Cli.Client;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Text;
using Hypernode.Solana;
using Hypernode.Solana.Facilitator;

namespace Hypernode.Cli.Tests;

/// <summary>A wallet signs a transaction only when it locks its own payment and does nothing else.</summary>
public sealed class TransactionCheckTests : IDisposable
{
    private const long SettleBy = 1_800_007_200;
    private static readonly PublicKey Relayer = Key(7);
    private static readonly Deployment Chain = new("localnet", Hash256.FromBytes(Bytes(1)), Address(2), Address(3));
    private readonly Account _wallet = new();

    private PaymentIntent Intent => new(
        new IntentId(Guid.Parse("0f8fad5b-d9cb-469f-a165-70867728950e")),
        WalletAddress.FromBytes(_wallet.PublicKey.AsSpan()),
        new HyperAmount(2_500_000),
        new JobId(Guid.Parse("7c9e6679-7425-40de-944b-e07fc1f90ae7")),
        1_800_000_000_000,
        1_800_003_600_000,
        Hash256.FromBytes(Bytes(9)));

    [Fact]
    public void The_payments_own_transaction_may_be_signed() => Should.NotThrow(() => Check(Base64(Instructions())));

    [Fact]
    public void A_transfer_besides_is_refused() =>
        Refused(Base64([.. Instructions(), SystemProgram.Transfer(_wallet.PublicKey, Key(6), 1)]));

    [Fact]
    public void Another_amount_is_refused() => Refused(Base64(Instructions(Intent with { Amount = new HyperAmount(2_500_001) })));

    [Fact]
    public void Another_text_in_the_memo_is_refused() => Refused(Base64(Instructions(Intent with { Nonce = Hash256.Zero })));

    [Fact]
    public void A_later_settle_by_is_refused() => Refused(Base64(Instructions(settleBy: SettleBy + 1)));

    [Fact]
    public void Another_relayer_is_refused() => Refused(Base64(Instructions(relayer: Key(8)), Key(8)));

    [Theory]
    [InlineData("")]
    [InlineData("no base64")]
    [InlineData("AAAA")]
    public void Bytes_that_are_no_transaction_are_refused(string base64) => Refused(base64);

    [Fact]
    public void Silence_is_refused() =>
        Should.Throw<CliException>(() => TransactionCheck.Check(null, Intent, SettleBy, Chain, Relayer)).Message.ShouldContain("no transaction");

    /// <summary>It was not checked, so it is not looked at.</summary>
    [Fact]
    public void A_transaction_that_nobody_asked_for_is_not_signed()
    {
        var sent = new PreparedIntent(
            new IntentBody("", "", "", "", 0, 0, ""), "the text", new RevealBody("", SettleBy), "", new DeploymentBody("", "", "", ""),
            new TransactionBody(Base64([SystemProgram.Transfer(_wallet.PublicKey, Key(6), 1)]), 150));

        var agreement = Agreement.By(_wallet, sent, Funding.Intent);

        agreement.ShouldBe(new Agreement(Signature: ApiClient.Sign(_wallet, "the text")));
        Should.Throw<CliException>(() => Agreement.By(_wallet, sent with { Transaction = null }, Funding.Transaction)).Message.ShouldContain("no transaction");
    }

    public void Dispose() => _wallet.Dispose();

    private void Check(string base64) => TransactionCheck.Check(new TransactionBody(base64, 150), Intent, SettleBy, Chain, Relayer);

    private void Refused(string base64) => Should.Throw<CliException>(() => Check(base64)).Message.ShouldContain("not signed");

    private IReadOnlyList<TransactionInstruction> Instructions(PaymentIntent? intent = null, long settleBy = SettleBy, PublicKey? relayer = null)
    {
        var (of, program) = (intent ?? Intent, new FacilitatorProgram(Key(2)));
        var terms = new PaymentTerms(of.IntentId.Value, of.JobId.Value, of.Amount.BaseUnits, of.ExpiresAt / 1000, settleBy);
        return new WalletPayment(terms, of.ToSigningText(), _wallet.PublicKey, relayer ?? Relayer, Key(3)).Instructions(program);
    }

    private static string Base64(IReadOnlyList<TransactionInstruction> instructions, PublicKey? feePayer = null) => Convert.ToBase64String(
        new TransactionBuilder().SetFeePayer(feePayer ?? Relayer).SetRecentBlockHash(Key(4).Key).AddInstructions(instructions).BuildPartiallySigned().Serialize());

    private static PublicKey Key(byte value) => new(Bytes(value));

    private static WalletAddress Address(byte value) => WalletAddress.FromBytes(Bytes(value));

    private static byte[] Bytes(byte value) => [.. Enumerable.Repeat(value, 32)];
}
