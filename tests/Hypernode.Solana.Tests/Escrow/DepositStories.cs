using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;
using Hypernode.Solana.Facilitator;
using Hypernode.Solana.Tests.Localnet;
using Hypernode.Workers.Adapters.Solana;
using DepositTerms = Hypernode.Contracts.Ports.DepositTerms;

namespace Hypernode.Solana.Tests.Escrow;

/// <summary>Payments that arrive as an x402 client's plain transfer.</summary>
[Trait("Needs", "localnet")]
public class DepositStories(EscrowFixture fixture) : IClassFixture<EscrowFixture>
{
    private const ulong Start = 5_000_000;
    private static readonly CancellationToken None = CancellationToken.None;

    private SolanaDeposits Deposits => new(
        fixture.Rpc, fixture.ProgramKey.PublicKey, fixture.Setup.Config, fixture.Keys.Relayer, fixture.Options, TimeProvider.System);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_transfer_to_the_quoted_address_becomes_the_payment_and_the_address_is_opened_only_then(bool usdc)
    {
        using var wallet = await NewWalletAsync();
        var order = await OrderAsync(wallet, usdc);
        var (terms, deposit) = (TermsOf(order), order.Signature.Deposit!);
        (await Deposits.CheckAsync(terms, Convert.FromBase64String(deposit.Transaction), None)).ShouldBe(new TransferCheck(null, Signature: order.Signature.Value));
        (await fixture.Rpc.GetAccountInfoAsync(TokenAccountOf(terms))).ShouldBeNull("neither a quote nor its checks open an account");

        var locked = (await fixture.Escrow.LockAsync(order, None)).ShouldBeOfType<EscrowAnswer.Done>();
        (locked.Payment.Status, locked.Payment.Amount, locked.Payment.Mint, locked.Payment.SettleBy).ShouldBe((EscrowStatus.Pending, deposit.Amount, deposit.Mint, order.SettleBy));
        (await BalanceAsync(wallet, usdc)).ShouldBe(Start - deposit.Amount.BaseUnits);
        (await fixture.Rpc.GetAccountInfoAsync(TokenAccountOf(terms))).ShouldBeNull("and it is closed again");
        (await fixture.Escrow.LockAsync(order, None)).ShouldBeOfType<EscrowAnswer.Done>().Signature.ShouldBe(locked.Signature);

        (await fixture.Escrow.RefundAsync(new RefundPayment(order.JobId, order.Intent.IntentId, 0, RefundReason.Cancelled, null), None)).ShouldBeOfType<EscrowAnswer.Done>();
        (await BalanceAsync(wallet, usdc)).ShouldBe(Start, "refunded in what it was paid in");
    }

    [Fact]
    public async Task A_payment_in_another_mint_pays_the_node_and_the_rest_back_in_that_mint()
    {
        using var wallet = await NewWalletAsync();
        using var node = new Account();
        var order = await OrderAsync(wallet, usdc: true);
        (await fixture.Escrow.LockAsync(order, None)).ShouldBeOfType<EscrowAnswer.Done>();
        var authority = node.PublicKey.ToAddress();
        (await fixture.Escrow.AssignAsync(new AssignNode(order.JobId, order.Intent.IntentId, 1, default, authority), None)).ShouldBeOfType<EscrowAnswer.Done>();
        var settled = (await fixture.Escrow.SettleAsync(
            new SettlePayment(order.JobId, order.Intent.IntentId, 1, default, authority, Verdict.Succeeded, new HyperAmount(1_000), Hash256.Of("e"u8), Hash256.Of("l"u8), null), None))
            .ShouldBeOfType<EscrowAnswer.Done>();
        settled.Payment.Charge.BaseUnits.ShouldBe(1_000ul);
        (await BalanceAsync(node, usdc: true)).ShouldBe(850ul);
        (await BalanceAsync(wallet, usdc: true)).ShouldBe(Start - 1_000);
    }

    [Fact]
    public async Task Six_senders_of_one_transfer_make_one_payment()
    {
        using var wallet = await NewWalletAsync();
        var order = await OrderAsync(wallet, usdc: true);
        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => fixture.Escrow.LockAsync(order, None)));
        answers.ShouldContain(a => a is EscrowAnswer.Done);
        answers.ShouldAllBe(a => a is EscrowAnswer.Done || a is EscrowAnswer.Unknown);
        (await fixture.Escrow.LockAsync(order, None)).ShouldBeOfType<EscrowAnswer.Done>();
        (await BalanceAsync(wallet, usdc: true)).ShouldBe(Start - order.Signature.Deposit!.Amount.BaseUnits);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_settlement_without_an_answer_is_asked_for_and_no_second_one_is_made(bool opened)
    {
        using var wallet = await NewWalletAsync();
        var order = await OrderAsync(wallet, usdc: true);
        if (opened)
        {
            await OpenAsync(TermsOf(order));
        }

        using var deaf = new HttpClient(new DeafHandler("getSignatureStatuses", "getSignaturesForAddress"));
        var cutOff = fixture.EscrowOver(new RpcClient(deaf, fixture.Endpoint, new RpcClientOptions { ReadAttempts = 1 }));
        var pending = (await cutOff.LockAsync(order, None)).ShouldBeOfType<EscrowAnswer.Unknown>().Pending;
        var transfer = await Deposits.TransactionIdAsync(Convert.FromBase64String(order.Signature.Deposit!.Transaction), None);
        pending?.Signature.ShouldBe(transfer);
        (pending is not null).ShouldBe(opened, "the transfer is sent once its account is known to be there");

        (await fixture.Escrow.LockAsync(order with { Pending = pending }, None)).ShouldBeOfType<EscrowAnswer.Done>();
        (await BalanceAsync(wallet, usdc: true)).ShouldBe(Start - order.Signature.Deposit!.Amount.BaseUnits);
    }

    [Fact]
    public async Task A_transfer_that_the_chain_would_not_take_is_refused_before_anything_is_opened()
    {
        using var poor = new Account();
        var order = await OrderAsync(poor, usdc: true);
        var nothing = await CheckAsync(order);
        nothing.Refusal.ShouldBe("insufficient_funds");

        using var wallet = await NewWalletAsync();
        (await CheckAsync(await OrderAsync(wallet, usdc: true, amount: Start + 1))).Refusal.ShouldBe("insufficient_funds");
        using var noBlock = new Account();
        (await CheckAsync(await OrderAsync(wallet, usdc: true, blockhash: noBlock.PublicKey.Key))).Refusal.ShouldBe("invalid_exact_svm_transaction_simulation_failed");
        (await CheckAsync(await OrderAsync(wallet, usdc: true, decimals: 5))).Refusal.ShouldBe("invalid_exact_svm_transaction_simulation_failed");
        (await fixture.Rpc.GetAccountInfoAsync(TokenAccountOf(TermsOf(order)))).ShouldBeNull();
    }

    [Fact]
    public async Task Tokens_that_went_between_check_and_settlement_are_a_refusal_for_good()
    {
        using var wallet = await NewWalletAsync();
        var order = await OrderAsync(wallet, usdc: true);
        (await CheckAsync(order)).Refusal.ShouldBeNull();
        await SendAsync(wallet, TokenAccountOf(wallet.PublicKey, usdc: true), FacilitatorProgram.TokenAccountOf(fixture.Wallet.PublicKey, MockUsdc.Mint), Start);
        (await fixture.Escrow.LockAsync(order, None)).ShouldBeOfType<EscrowAnswer.Refused>().CanRetry.ShouldBeFalse();
    }

    [Fact]
    public async Task Another_jobs_transfer_or_another_mints_is_no_agreement()
    {
        using var wallet = await NewWalletAsync();
        var order = await OrderAsync(wallet, usdc: true);
        fixture.Escrow.IsAgreed(order.Intent, order.SettleBy, order.Signature).ShouldBeTrue();
        fixture.Escrow.IsAgreed(order.Intent with { JobId = new JobId(FacilitatorWorld.NewId()) }, order.SettleBy, order.Signature).ShouldBeFalse();
        fixture.Escrow.IsAgreed(order.Intent, order.SettleBy + 1, order.Signature).ShouldBeFalse();
        var deposit = order.Signature.Deposit!;
        fixture.Escrow.IsAgreed(order.Intent, order.SettleBy, order.Signature with { Deposit = deposit with { Mint = fixture.Mint.ToAddress() } }).ShouldBeFalse();
        fixture.Escrow.IsAgreed(order.Intent, order.SettleBy, order.Signature with { Deposit = deposit with { Amount = new HyperAmount(1) } }).ShouldBeFalse();
        fixture.Escrow.IsAgreed(order.Intent, order.SettleBy, order.Signature with { Value = "0" }).ShouldBeFalse();
        (await fixture.Escrow.LockAsync(order with { SettleBy = order.SettleBy + 1 }, None)).ShouldBeOfType<EscrowAnswer.Refused>().CanRetry.ShouldBeFalse();
    }

    [Fact]
    public async Task What_comes_a_second_time_goes_back_to_its_payer_and_what_may_become_a_payment_stays()
    {
        using var wallet = await NewWalletAsync();
        var order = await OrderAsync(wallet, usdc: true);
        var terms = TermsOf(order);
        await PayInAsync(wallet, terms);
        (await Deposits.ReclaimAsync([terms], None)).ShouldBe(0, "it may still become its payment");

        (await fixture.Escrow.LockAsync(order, None)).ShouldBeOfType<EscrowAnswer.Done>();
        await PayInAsync(wallet, terms);
        var before = await BalanceAsync(wallet, usdc: true);
        (await Deposits.ReclaimAsync([TermsOf(await OrderAsync(wallet, usdc: true)), terms], None)).ShouldBe(1);
        (await BalanceAsync(wallet, usdc: true)).ShouldBe(before + terms.Amount.BaseUnits);
        (await Deposits.ReclaimAsync([terms], None)).ShouldBe(0);
    }

    [Fact]
    public async Task An_account_that_was_opened_before_payment_is_used_or_its_rent_comes_back()
    {
        using var wallet = await NewWalletAsync();
        var order = await OrderAsync(wallet, usdc: true);
        (await Deposits.HasFundsAsync(TermsOf(order), None)).ShouldBeTrue();
        (await Deposits.HasFundsAsync(TermsOf(await OrderAsync(wallet, usdc: true, amount: Start + 1)), None)).ShouldBeFalse();
        await Deposits.OpenAsync(TermsOf(order), None);
        await Deposits.OpenAsync(TermsOf(order), None);
        var unused = TermsOf(order) with { Mint = fixture.Mint.ToAddress() };
        await Deposits.OpenAsync(unused, None);
        (await fixture.Escrow.LockAsync(order, None)).ShouldBeOfType<EscrowAnswer.Done>();
        (await Deposits.ReclaimAsync([TermsOf(order), unused], None)).ShouldBe(1, "the other mint's, which nothing came to");
        (await fixture.Rpc.GetAccountInfoAsync(TokenAccountOf(unused))).ShouldBeNull();
    }

    [Fact]
    public async Task Another_servers_transfer_is_sent_with_our_key_as_it_was_signed_and_only_to_an_account_that_is_there()
    {
        using var wallet = await NewWalletAsync();
        var facilitator = new SolanaTransferFacilitator(fixture.Rpc, fixture.Keys.Relayer, fixture.Options, TimeProvider.System);
        var shop = fixture.Wallet.PublicKey;
        var bytes = await TransferAsync(wallet, FacilitatorProgram.TokenAccountOf(shop, MockUsdc.Mint), 700);
        var terms = new TransferTerms(MockUsdc.Mint.ToAddress(), shop.ToAddress(), new HyperAmount(700), null);
        (await facilitator.VerifyAsync(terms, bytes, None)).ShouldBe(new TransferVerdict(null, null, wallet.PublicKey.ToAddress(), Hash256.Of(Transaction.Deserialize(bytes).MessageBytes.Span)));
        (await facilitator.VerifyAsync(terms with { Amount = new HyperAmount(699) }, bytes, None)).Refusal.ShouldBe("invalid_exact_svm_payload_amount_mismatch");
        (await facilitator.SettleAsync(terms with { Amount = new HyperAmount(699) }, bytes, None)).ShouldBe(new TransferOutcome(false, "", "invalid_exact_svm_payload_amount_mismatch"));

        var before = await BalanceAsync(fixture.Wallet, usdc: true);
        var settled = await facilitator.SettleAsync(terms, bytes, None);
        settled.Happened.ShouldBe(true);
        (await facilitator.SettleAsync(terms, bytes, None)).ShouldBe(settled, "the same transfer is the same transaction");
        (await BalanceAsync(fixture.Wallet, usdc: true)).ShouldBe(before + 700);

        using var nobody = new Account();
        var nowhere = await TransferAsync(wallet, FacilitatorProgram.TokenAccountOf(nobody.PublicKey, MockUsdc.Mint), 700);
        (await facilitator.VerifyAsync(terms with { PayTo = nobody.PublicKey.ToAddress() }, nowhere, None)).Refusal.ShouldBe("invalid_exact_svm_transaction_simulation_failed");
    }

    private async Task<byte[]> TransferAsync(Account wallet, PublicKey to, ulong amount) => new TransactionBuilder()
        .SetFeePayer(fixture.Keys.Relayer.PublicKey)
        .SetRecentBlockHash((await fixture.Rpc.GetLatestBlockHashAsync()).Blockhash)
        .AddInstructions(
        [
            ComputeBudgetProgram.SetComputeUnitLimit(20_000),
            ComputeBudgetProgram.SetComputeUnitPrice(1),
            TokenProgram.TransferChecked(TokenAccountOf(wallet.PublicKey, usdc: true), to, amount, HyperAmount.Decimals, wallet.PublicKey, MockUsdc.Mint),
        ])
        .BuildPartiallySigned(wallet)
        .Serialize();

    private async Task PayInAsync(Account wallet, DepositTerms terms)
    {
        await OpenAsync(terms);
        await SendAsync(wallet, TokenAccountOf(wallet.PublicKey, usdc: true), TokenAccountOf(terms), terms.Amount.BaseUnits);
    }

    private async Task OpenAsync(DepositTerms terms) => (await fixture.Localnet.Sender.SendAsync(
        [AssociatedTokenAccountProgram.CreateAssociatedTokenAccount(fixture.Keys.Relayer.PublicKey, Deposits.AddressOf(terms).ToKey(), terms.Mint.ToKey())],
        fixture.Keys.Relayer)).ShouldHaveHappened();

    private async Task SendAsync(Account wallet, PublicKey from, PublicKey to, ulong amount) => (await fixture.Localnet.Sender.SendAsync(
        [TokenProgram.TransferChecked(from, to, amount, HyperAmount.Decimals, wallet.PublicKey, MockUsdc.Mint)], fixture.Keys.Relayer, [wallet])).ShouldHaveHappened();

    private Task<TransferCheck> CheckAsync(LockEscrow order) => Deposits.CheckAsync(TermsOf(order), Convert.FromBase64String(order.Signature.Deposit!.Transaction), None);

    private static DepositTerms TermsOf(LockEscrow order) => DepositTerms.Of(order.Intent, order.Signature.Deposit!, order.SettleBy);

    private PublicKey TokenAccountOf(DepositTerms terms) => FacilitatorProgram.TokenAccountOf(Deposits.AddressOf(terms).ToKey(), terms.Mint.ToKey());

    private PublicKey TokenAccountOf(PublicKey owner, bool usdc) => FacilitatorProgram.TokenAccountOf(owner, usdc ? MockUsdc.Mint : fixture.Mint);

    private async Task<ulong> BalanceAsync(Account wallet, bool usdc) => (await fixture.Rpc.GetTokenAccountBalanceAsync(TokenAccountOf(wallet.PublicKey, usdc))).Amount;

    /// <summary>Five of each mint.</summary>
    private async Task<Account> NewWalletAsync()
    {
        var wallet = new Account();
        await fixture.Bootstrap.FundWalletAsync(wallet.PublicKey, new HyperAmount(Start), None);
        return wallet;
    }

    private async Task<LockEscrow> OrderAsync(Account wallet, bool usdc, ulong amount = 1_000_000, string? blockhash = null, byte decimals = HyperAmount.Decimals)
    {
        var client = wallet.PublicKey.ToAddress();
        var mint = usdc ? MockUsdc.Mint : fixture.Mint;
        var now = FacilitatorWorld.Now();
        var settleBy = (now / 1000) + 601;
        var nonce = Hypernode.Contracts.Intents.IntentNonce.Compute(fixture.Setup.Deployment, client, Hash256.Of("spec"u8), settleBy, Hash256.Of("salt"u8));
        var intent = new PaymentIntent(
            new IntentId(FacilitatorWorld.NewId()), client, new HyperAmount(amount), new JobId(FacilitatorWorld.NewId()), now, now + 600_000, nonce);
        var terms = new DepositTerms(mint.ToAddress(), intent.IntentId, intent.JobId, client, new HyperAmount(amount), settleBy);
        var transaction = new TransactionBuilder()
            .SetFeePayer(fixture.Keys.Relayer.PublicKey)
            .SetRecentBlockHash(blockhash ?? (await fixture.Rpc.GetLatestBlockHashAsync()).Blockhash)
            .AddInstructions(
            [
                ComputeBudgetProgram.SetComputeUnitLimit(20_000),
                ComputeBudgetProgram.SetComputeUnitPrice(1),
                TokenProgram.TransferChecked(TokenAccountOf(wallet.PublicKey, usdc), TokenAccountOf(terms), amount, decimals, wallet.PublicKey, mint),
                MemoProgram.NewMemo(intent.IntentId.ToString()),
            ])
            .UseVersion0()
            .BuildPartiallySigned(wallet);
        var deposit = new DepositPayment(mint.ToAddress(), new HyperAmount(amount), Convert.ToBase64String(transaction.Serialize()));
        var signature = new PayerSignature(Base58.Encode(transaction.SignatureOf(wallet.PublicKey)!), Deposit: deposit);
        PayerSignature.Parse(signature.ToString()).ShouldBe(signature);
        return new LockEscrow(intent.JobId, intent, signature, Hash256.Of("spec"u8), settleBy, Hash256.Of("salt"u8), Pending: null);
    }
}
