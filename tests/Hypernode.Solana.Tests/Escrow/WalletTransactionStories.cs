using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;
using Hypernode.Solana.Facilitator;
using Hypernode.Solana.Tests.Localnet;
using Hypernode.Workers.Adapters.Solana;

namespace Hypernode.Solana.Tests.Escrow;

/// <summary>Payments that a wallet agrees to by signing their transaction.</summary>
[Trait("Needs", "localnet")]
public class WalletTransactionStories(EscrowFixture fixture) : IClassFixture<EscrowFixture>
{
    private const long Lifetime = 600;
    private static readonly CancellationToken None = CancellationToken.None;

    private SolanaEscrow Escrow => fixture.Escrow;

    [Fact]
    public async Task A_wallet_without_an_allowance_pays_by_one_signature()
    {
        using var wallet = await NewWalletAsync();
        var (order, size) = await SignedAsync(wallet);
        size.ShouldBeLessThanOrEqualTo(1_200);
        Escrow.IsAgreed(order.Intent, order.SettleBy, order.Signature).ShouldBeTrue();
        (await fixture.Rpc.GetBalanceAsync(wallet.PublicKey)).ShouldBe(0ul, "the relayer pays the fee and the rent");

        var locked = (await Escrow.LockAsync(order, None)).ShouldBeOfType<EscrowAnswer.Done>();
        (locked.Payment.Status, locked.Payment.Amount, locked.Payment.JobId, locked.Payment.SettleBy)
            .ShouldBe((EscrowStatus.Pending, order.Intent.Amount, order.JobId, order.SettleBy));
        (await Escrow.LockAsync(order, None)).ShouldBeOfType<EscrowAnswer.Done>().Signature.ShouldBe(locked.Signature);
        (await Escrow.FundsOfAsync(order.Intent.Client, None)).Balance.ShouldBe(new HyperAmount(4_000_000));
    }

    [Fact]
    public async Task Six_senders_of_one_transaction_lock_it_once()
    {
        using var wallet = await NewWalletAsync();
        var (order, _) = await SignedAsync(wallet);
        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Escrow.LockAsync(order, None)));
        answers.ShouldAllBe(a => a is EscrowAnswer.Done);
        (await Escrow.FundsOfAsync(order.Intent.Client, None)).Balance.ShouldBe(new HyperAmount(4_000_000));
    }

    [Fact]
    public async Task An_answer_that_was_lost_is_asked_for_and_nothing_is_sent_again()
    {
        using var wallet = await NewWalletAsync();
        var (order, _) = await SignedAsync(wallet);
        using var deaf = new HttpClient(new DeafHandler("getSignatureStatuses", "getSignaturesForAddress"));
        var cutOff = fixture.EscrowOver(new RpcClient(deaf, fixture.Endpoint, new RpcClientOptions { ReadAttempts = 1 }));
        var unknown = (await cutOff.LockAsync(order, None)).ShouldBeOfType<EscrowAnswer.Unknown>();
        var found = (await Escrow.LockAsync(order with { Pending = unknown.Pending.ShouldNotBeNull() }, None)).ShouldBeOfType<EscrowAnswer.Done>();
        found.Signature.ShouldBe(unknown.Pending.Signature);
    }

    [Fact]
    public async Task A_transaction_of_a_block_that_nobody_knows_is_unknown_until_it_cannot_land_and_then_refused_for_good()
    {
        using var wallet = await NewWalletAsync();
        var (intent, settleBy) = NewIntent(wallet);
        using var noBlock = new Account();
        var message = new WalletTransactions(new FacilitatorProgram(fixture.ProgramKey.PublicKey), fixture.Keys.Relayer.PublicKey, fixture.Mint)
            .Prepare(intent, settleBy, noBlock.PublicKey.Key);
        var order = Order(intent, settleBy, Escrow.ReadTransaction(intent, settleBy, Signed(message, wallet)).ShouldNotBeNull());

        var unknown = (await Escrow.LockAsync(order, None)).ShouldBeOfType<EscrowAnswer.Unknown>();
        var past = unknown.Pending.ShouldNotBeNull() with { LastValidBlockHeight = 1 };
        var refused = (await Escrow.LockAsync(order with { Pending = past }, None)).ShouldBeOfType<EscrowAnswer.Refused>();
        (refused.Code, refused.CanRetry).ShouldBe(("transaction-expired", false));
        (await Escrow.FindAsync(intent.IntentId, None)).ShouldBeNull();
    }

    [Fact]
    public async Task A_wallet_without_the_money_is_refused_by_the_token_program()
    {
        using var wallet = await NewWalletAsync();
        var (order, _) = await SignedAsync(wallet, amount: 5_000_001);
        var refused = (await Escrow.LockAsync(order, None)).ShouldBeOfType<EscrowAnswer.Refused>();
        refused.CanRetry.ShouldBeFalse(refused.Code);
        (await Escrow.FindAsync(order.Intent.IntentId, None)).ShouldBeNull();
    }

    [Fact]
    public async Task Nothing_but_the_payers_own_transaction_for_this_intent_is_taken()
    {
        using var wallet = await NewWalletAsync();
        using var stranger = new Account();
        var (intent, settleBy) = NewIntent(wallet);
        var prepared = (await Escrow.PrepareTransactionAsync(intent, settleBy, None)).Bytes;
        Escrow.ReadTransaction(intent, settleBy, prepared).ShouldBeNull("nobody has signed");
        var signed = Signed(prepared, wallet);
        Escrow.ReadTransaction(intent, settleBy, signed).ShouldNotBeNull();
        Escrow.ReadTransaction(intent, settleBy + 1, signed).ShouldBeNull();
        Escrow.ReadTransaction(intent with { Amount = new HyperAmount(1) }, settleBy, signed).ShouldBeNull();
        Escrow.ReadTransaction(intent with { Nonce = Hash256.Of("another"u8) }, settleBy, signed).ShouldBeNull("the memo commits to the job");
        Escrow.ReadTransaction(intent with { Client = WalletAddress.FromBytes(stranger.PublicKey.AsSpan()) }, settleBy, signed).ShouldBeNull();
        Escrow.ReadTransaction(intent, settleBy, []).ShouldBeNull();
        Escrow.ReadTransaction(intent, settleBy, signed.AsSpan(..^1)).ShouldBeNull();
        Escrow.ReadTransaction(intent, settleBy, [.. signed, 0]).ShouldBeNull();

        // Behind the count and the relayer's empty place: the payer's signature, and then what it signed.
        for (var i = 1 + Ed25519.SignatureLength; i < signed.Length; i++)
        {
            var changed = signed.ToArray();
            changed[i] ^= 1;
            Escrow.ReadTransaction(intent, settleBy, changed).ShouldBeNull($"byte {i}");
        }
    }

    [Fact]
    public async Task A_signature_over_the_text_is_none_over_the_transaction_and_the_other_way_round()
    {
        using var wallet = await NewWalletAsync();
        var (order, _) = await SignedAsync(wallet);
        Escrow.IsAgreed(order.Intent, order.SettleBy, order.Signature with { Blockhash = null }).ShouldBeFalse();
        var overText = new PayerSignature(Base58.Encode(wallet.Sign(System.Text.Encoding.UTF8.GetBytes(order.Intent.ToSigningText()))));
        Escrow.IsAgreed(order.Intent, order.SettleBy, overText).ShouldBeTrue();
        Escrow.IsAgreed(order.Intent, order.SettleBy, overText with { Blockhash = order.Signature.Blockhash }).ShouldBeFalse();
        Escrow.IsAgreed(order.Intent, order.SettleBy, order.Signature with { Blockhash = "no base58 0OIl" }).ShouldBeFalse();
        Escrow.IsAgreed(order.Intent, order.SettleBy, order.Signature with { Value = "0" }).ShouldBeFalse();
    }

    /// <summary>Five HYPER, no SOL, no allowance.</summary>
    private async Task<Account> NewWalletAsync()
    {
        var wallet = new Account();
        await fixture.GiveHyperAsync(wallet, 5_000_000);
        return wallet;
    }

    private async Task<(LockEscrow Order, int Size)> SignedAsync(Account wallet, ulong amount = 1_000_000)
    {
        var (intent, settleBy) = NewIntent(wallet, amount);
        var signed = Signed((await Escrow.PrepareTransactionAsync(intent, settleBy, None)).Bytes, wallet);
        return (Order(intent, settleBy, Escrow.ReadTransaction(intent, settleBy, signed).ShouldNotBeNull()), signed.Length);
    }

    private static byte[] Signed(byte[] transaction, Account wallet) => Transaction.Deserialize(transaction).PartialSign(wallet).Serialize();

    private static LockEscrow Order(PaymentIntent intent, long settleBy, PayerSignature signature) =>
        new(intent.JobId, intent, signature, Hash256.Of("spec"u8), settleBy, Hash256.Of("salt"u8), Pending: null);

    private (PaymentIntent Intent, long SettleBy) NewIntent(Account wallet, ulong amount = 1_000_000)
    {
        var client = WalletAddress.FromBytes(wallet.PublicKey.AsSpan());
        var now = FacilitatorWorld.Now();
        var settleBy = (now / 1000) + Lifetime + 1;
        var nonce = Hypernode.Contracts.Intents.IntentNonce.Compute(fixture.Setup.Deployment, client, Hash256.Of("spec"u8), settleBy, Hash256.Of("salt"u8));
        return (new PaymentIntent(
            new IntentId(FacilitatorWorld.NewId()), client, new HyperAmount(amount), new JobId(FacilitatorWorld.NewId()), now, now + (Lifetime * 1000), nonce), settleBy);
    }
}
