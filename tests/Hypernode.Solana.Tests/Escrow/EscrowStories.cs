using System.Text;
using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;
using Hypernode.Solana.Facilitator;
using Hypernode.Solana.Tests.Localnet;
using Hypernode.Workers.Adapters.Solana;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hypernode.Solana.Tests.Escrow;

[Trait("Needs", "localnet")]
public class EscrowStories(EscrowFixture fixture) : IClassFixture<EscrowFixture>
{
    private static readonly CancellationToken None = CancellationToken.None;

    private SolanaEscrow Escrow => fixture.Escrow;

    private WalletAddress Node => WalletAddress.FromBytes(fixture.Node.PublicKey.AsSpan());

    private WalletAddress Payer => WalletAddress.FromBytes(fixture.Wallet.PublicKey.AsSpan());

    [Fact]
    public async Task A_bootstrap_that_runs_again_changes_nothing()
    {
        var balance = await fixture.Rpc.GetBalanceAsync(fixture.Keys.UpgradeAuthority.PublicKey);
        var again = await fixture.Bootstrap.RunAsync(fixture.Programs, TimeSpan.FromSeconds(99), None);
        again.Deployment.ShouldBe(fixture.Setup.Deployment);
        again.Config.RefundGrace.ShouldBe(1, "the chain's own stands");
        (await fixture.Rpc.GetBalanceAsync(fixture.Keys.UpgradeAuthority.PublicKey)).ShouldBe(balance);
    }

    [Fact]
    public async Task Three_processes_that_start_at_once_set_up_one_chain()
    {
        using var folder = new TempFolder();
        using var programs = EscrowFixture.NewPrograms();
        var setups = await Task.WhenAll(Enumerable.Range(0, 3).Select(async _ =>
        {
            using var keys = ChainKeys.LoadOrCreate(folder.Path);
            var bootstrap = new ChainBootstrap(fixture.Rpc, keys, fixture.Options, TimeProvider.System, NullLogger<ChainBootstrap>.Instance);
            return await bootstrap.RunAsync(programs, TimeSpan.Zero, None);
        }));
        setups.Select(s => s.Deployment).Distinct().Count().ShouldBe(1);
    }

    [Fact]
    public async Task A_chain_of_other_keys_is_refused_by_a_bootstrap()
    {
        using var folder = new TempFolder();
        using var other = ChainKeys.LoadOrCreate(folder.Path);
        var bootstrap = new ChainBootstrap(fixture.Rpc, other, fixture.Options, TimeProvider.System, NullLogger<ChainBootstrap>.Instance);
        await Should.ThrowAsync<ChainSetupException>(() => bootstrap.RunAsync(fixture.Programs, TimeSpan.Zero, None));
    }

    [Theory]
    [InlineData("protocol-treasury.json")]
    [InlineData("platform-treasury.json")]
    public async Task A_chain_whose_fees_go_to_anothers_vault_is_refused(string key)
    {
        using var folder = new TempFolder();
        foreach (var file in Directory.GetFiles(fixture.KeysFolder).Where(f => Path.GetFileName(f) != key))
        {
            File.Copy(file, Path.Combine(folder.Path, Path.GetFileName(file)));
        }

        using var other = ChainKeys.LoadOrCreate(folder.Path);
        var bootstrap = new ChainBootstrap(fixture.Rpc, other, fixture.Options, TimeProvider.System, NullLogger<ChainBootstrap>.Instance);
        await Should.ThrowAsync<ChainSetupException>(() => bootstrap.RunAsync(fixture.Programs, TimeSpan.FromSeconds(1), None));
    }

    [Fact]
    public async Task A_chain_of_another_cluster_is_refused()
    {
        using var http = new HttpClient(new OtherGenesisHandler());
        var rpc = new RpcClient(http, fixture.Endpoint, new RpcClientOptions { ReadAttempts = 1 });
        var bootstrap = new ChainBootstrap(rpc, fixture.Keys, fixture.Options, TimeProvider.System, NullLogger<ChainBootstrap>.Instance);
        (await Should.ThrowAsync<ChainSetupException>(() => bootstrap.RunAsync(fixture.Programs, TimeSpan.FromSeconds(1), None)))
            .Message.ShouldContain("another cluster");
    }

    [Fact]
    public async Task A_job_is_locked_assigned_and_settled_each_of_it_once()
    {
        var order = NewLock(30_000_000);
        var before = await Escrow.FundsOfAsync(Payer, None);
        var locked = Done(await Escrow.LockAsync(order, None));
        (locked.Payment.Status, locked.Payment.Amount, locked.Payment.JobId, locked.Payment.Payer, locked.Payment.SettleBy)
            .ShouldBe((EscrowStatus.Pending, order.Intent.Amount, order.JobId, Payer, order.SettleBy));
        var repeated = Done(await Escrow.LockAsync(order, None));
        repeated.Signature.ShouldBe(locked.Signature, "the chain is asked, nothing is sent again");
        (await Escrow.FundsOfAsync(Payer, None)).ShouldBe(new PayerFunds(before.Balance - order.Intent.Amount, before.Allowance - order.Intent.Amount));

        var assign = new AssignNode(order.JobId, order.Intent.IntentId, 1, default, Node);
        var assigned = Done(await Escrow.AssignAsync(assign, None));
        (assigned.Payment.Attempt, assigned.Payment.AssignedNode).ShouldBe((1, Node));
        Done(await Escrow.AssignAsync(assign, None)).Signature.ShouldBe(assigned.Signature);

        // The node has never had a token account: it gets one.
        var settle = Settle(order, attempt: 1, charge: 20_000_000);
        var settled = Done(await Escrow.SettleAsync(settle, None));
        (settled.Payment.Status, settled.Payment.Charge, settled.Payment.ExecutionHash, settled.Payment.LogsHash)
            .ShouldBe((EscrowStatus.Completed, new HyperAmount(20_000_000), settle.ExecutionHash, settle.LogsHash));
        Done(await Escrow.SettleAsync(settle, None)).Signature.ShouldBe(settled.Signature);
        (await Escrow.FindAsync(order.Intent.IntentId, None))!.LastSignature.ShouldBe(settled.Signature);
        Done(await Escrow.RefundAsync(Refund(order, 1, RefundReason.AttemptsUsedUp), None)).Payment.Status.ShouldBe(EscrowStatus.Completed);

        (await Escrow.FundsOfAsync(Payer, None)).Balance.ShouldBe(before.Balance - new HyperAmount(20_000_000));
        (await Escrow.FundsOfAsync(Node, None)).Balance.ShouldBe(new HyperAmount(17_000_000));
    }

    /// <summary>What an operator's audit asks of the chain: accounts and tokens as they are, without a key.</summary>
    [Fact]
    public async Task The_books_of_a_payment_are_read_from_its_two_accounts()
    {
        var facts = new SolanaChainFacts(fixture.Rpc, new FacilitatorProgram(fixture.ProgramKey.PublicKey), fixture.Setup.RegistryProgram);
        var order = NewLock(1_000_000);
        Done(await Escrow.LockAsync(order, None));

        var locked = (await facts.PaymentsAsync([new IntentId(Guid.NewGuid()), order.Intent.IntentId], None));
        locked[0].ShouldBe(new PaymentFacts(null, 0));
        (locked[1].Payment!.JobId, locked[1].Payment!.Status, locked[1].Payment!.SettleBy, locked[1].Held).ShouldBe((order.JobId, EscrowStatus.Pending, order.SettleBy, 1_000_000UL));
        (await facts.OpenAsync(None)).ShouldContain(p => p.IntentId == order.Intent.IntentId);

        Done(await Escrow.RefundAsync(Refund(order, 0, RefundReason.Cancelled), None));
        var ended = (await facts.PaymentsAsync([order.Intent.IntentId], None))[0];
        (ended.Payment!.Status, ended.Held).ShouldBe((EscrowStatus.Refunded, 0UL));
        (await facts.OpenAsync(None)).ShouldNotContain(p => p.IntentId == order.Intent.IntentId);
    }

    [Fact]
    public async Task Two_locks_at_once_take_the_money_once()
    {
        var order = NewLock(1_000_000);
        var before = await Escrow.FundsOfAsync(Payer, None);
        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Escrow.LockAsync(order, None)));
        answers.ShouldAllBe(a => a is EscrowAnswer.Done);
        (await Escrow.FundsOfAsync(Payer, None)).Balance.ShouldBe(before.Balance - order.Intent.Amount);
        Done(await Escrow.RefundAsync(Refund(order, 0, RefundReason.Cancelled), None)).Payment.Status.ShouldBe(EscrowStatus.Refunded);
    }

    [Fact]
    public async Task Every_way_back_returns_everything()
    {
        var before = (await Escrow.FundsOfAsync(Payer, None)).Balance;
        var cancelled = NewLock(1_000_000);
        Done(await Escrow.LockAsync(cancelled, None));
        Done(await Escrow.RefundAsync(Refund(cancelled, 0, RefundReason.Cancelled), None)).Payment.Status.ShouldBe(EscrowStatus.Refunded);

        var failed = NewLock(1_000_000);
        Done(await Escrow.LockAsync(failed, None));
        Done(await Escrow.AssignAsync(new AssignNode(failed.JobId, failed.Intent.IntentId, 2, default, Node), None));
        var early = (await Escrow.RefundAsync(Refund(failed, 1, RefundReason.AttemptsUsedUp), None)).ShouldBeOfType<EscrowAnswer.Refused>();
        (early.Code, early.CanRetry).ShouldBe(("attempt-mismatch", false));
        Done(await Escrow.RefundAsync(Refund(failed, 3, RefundReason.AttemptsUsedUp), None)).Payment.Status.ShouldBe(EscrowStatus.Refunded);

        var expired = NewLock(1_000_000, lifetimeSeconds: 3);
        Done(await Escrow.LockAsync(expired, None));
        var notYet = (await Escrow.RefundAsync(Refund(expired, 0, RefundReason.Expired), None)).ShouldBeOfType<EscrowAnswer.Refused>();
        (notYet.Code, notYet.CanRetry).ShouldBe(("NotYetRefundable", true));
        await Eventually.Async(async () => await Escrow.RefundAsync(Refund(expired, 0, RefundReason.Expired), None) is EscrowAnswer.Done, "the refund opens");
        (await Escrow.FundsOfAsync(Payer, None)).Balance.ShouldBe(before);
    }

    [Fact]
    public async Task A_payer_that_gives_its_account_away_still_pays()
    {
        using var payer = new Account();
        await fixture.FundAsync(payer);
        var order = await AssignedAsync(payer, Node);
        await fixture.GiveAccountAwayAsync(payer);
        // To know the address and to send SOL there keeps nobody from opening it.
        await fixture.SendSolAsync(PublicKey.CreateWithSeed(fixture.Keys.Relayer.PublicKey, SeedOf(order), TokenProgram.ProgramIdKey));
        Done(await Escrow.SettleAsync(Settle(order, 1, 700_000), None)).Payment.Charge.ShouldBe(new HyperAmount(700_000));
        (await fixture.BalanceAsync(SeedOf(order), payer)).ShouldBe(300_000ul, "the remainder is its own still");
    }

    [Fact]
    public async Task A_node_that_gives_its_account_away_is_paid_into_another()
    {
        using var payer = new Account();
        using var node = new Account();
        var wallet = WalletAddress.FromBytes(node.PublicKey.AsSpan());
        await fixture.FundAsync(payer);
        await fixture.GiveAccountAwayAsync(node);
        var first = await AssignedAsync(payer, wallet);
        var second = await AssignedAsync(payer, wallet);
        await fixture.GiveAccountAwayAsync(payer);
        foreach (var order in new[] { first, second })
        {
            Done(await Escrow.SettleAsync(Settle(order, 1, 700_000) with { Authority = wallet }, None)).Payment.Status.ShouldBe(EscrowStatus.Completed);
            (await fixture.BalanceAsync(SeedOf(order), payer)).ShouldBe(300_000ul);
        }

        (await fixture.BalanceAsync($"node-{node.PublicKey.Key[..24]}", node)).ShouldBe(2 * 595_000ul, "one account for all jobs");
    }

    [Theory]
    [InlineData(RefundReason.Cancelled, 0)]
    [InlineData(RefundReason.AttemptsUsedUp, 1)]
    [InlineData(RefundReason.Expired, 0)]
    public async Task A_payer_that_gave_its_account_away_is_refunded_into_another(RefundReason reason, int attempt)
    {
        using var payer = new Account();
        await fixture.FundAsync(payer);
        var order = attempt == 0 ? NewLock(1_000_000, lifetimeSeconds: 3, payer) : await AssignedAsync(payer, Node);
        Done(await Escrow.LockAsync(order, None));
        await fixture.GiveAccountAwayAsync(payer);
        await Eventually.Async(async () => await Escrow.RefundAsync(Refund(order, attempt, reason), None) is EscrowAnswer.Done, "the refund");
        (await fixture.BalanceAsync(SeedOf(order), payer)).ShouldBe(1_000_000ul);
    }

    [Fact]
    public async Task An_account_that_is_given_away_after_the_look_is_not_used_again()
    {
        using var payer = new Account();
        await fixture.FundAsync(payer);
        var order = await AssignedAsync(payer, Node);
        var stale = await fixture.Rpc.GetAccountInfoAsync(FacilitatorProgram.TokenAccountOf(payer.PublicKey, fixture.Mint));
        await fixture.GiveAccountAwayAsync(payer);
        using var http = new HttpClient(new StaleHandler(payer.PublicKey, stale!.Data));
        var late = fixture.EscrowOver(new RpcClient(http, fixture.Endpoint, new RpcClientOptions { ReadAttempts = 1 }));
        Done(await late.SettleAsync(Settle(order, 1, 700_000), None)).Payment.Status.ShouldBe(EscrowStatus.Completed);
        (await fixture.BalanceAsync(SeedOf(order), payer)).ShouldBe(300_000ul);
    }

    [Fact]
    public async Task Open_payments_past_their_time_are_listed()
    {
        var order = NewLock(1_000_000);
        Done(await Escrow.LockAsync(order, None));
        (await Escrow.OpenPastAsync(order.SettleBy + 1, None)).ShouldContain(p => p.IntentId == order.Intent.IntentId);
        (await Escrow.OpenPastAsync(order.SettleBy, None)).ShouldNotContain(p => p.IntentId == order.Intent.IntentId);
        Done(await Escrow.RefundAsync(Refund(order, 0, RefundReason.Cancelled), None));
        (await Escrow.OpenPastAsync(order.SettleBy + 1, None)).ShouldNotContain(p => p.IntentId == order.Intent.IntentId);
    }

    [Fact]
    public async Task Refusals_carry_the_programs_names_and_lock_nothing()
    {
        var tooMuch = NewLock(450_000_000);
        Refused(await Escrow.LockAsync(tooMuch, None)).ShouldBe(("AllowanceTooSmall", false));
        Refused(await Escrow.LockAsync(NewLock(1_000) with { Signature = new PayerSignature("not base58 0OIl") }, None)).ShouldBe(("signature-malformed", false));
        var order = NewLock(1_000);
        Refused(await Escrow.LockAsync(order with { Salt = Hash256.Of("another"u8) }, None)).ShouldBe(("TextMismatch", false));
        Refused(await Escrow.LockAsync(order with { Signature = NewLock(1_000).Signature }, None)).Code.ShouldBe("InvalidSignature");
        (await Escrow.FindAsync(order.Intent.IntentId, None)).ShouldBeNull();
        Refused(await Escrow.SettleAsync(Settle(order, 1, 1), None)).ShouldBe(("payment-missing", true));

        Done(await Escrow.LockAsync(order, None));
        Refused(await Escrow.SettleAsync(Settle(order, 1, 1), None)).ShouldBe(("attempt-mismatch", true)); // not assigned yet, or not seen yet
        Done(await Escrow.AssignAsync(new AssignNode(order.JobId, order.Intent.IntentId, 1, default, Node), None));
        Refused(await Escrow.SettleAsync(Settle(order, 1, 1_001), None)).ShouldBe(("ChargeOutOfRange", false));
        Refused(await Escrow.SettleAsync(Settle(order, 1, 1) with { Verdict = Verdict.NodeFault }, None)).ShouldBe(("verdict-not-payable", false));
    }

    [Fact]
    public async Task A_lock_whose_answer_was_lost_is_found_by_its_signature_and_not_repeated()
    {
        var order = NewLock(1_000_000);
        using var deaf = new HttpClient(new DeafHandler("getSignatureStatuses", "getSignaturesForAddress"));
        var cutOff = fixture.EscrowOver(new RpcClient(deaf, fixture.Endpoint, new RpcClientOptions { ReadAttempts = 1 }));
        var unknown = (await cutOff.LockAsync(order, None)).ShouldBeOfType<EscrowAnswer.Unknown>();
        unknown.Pending.ShouldNotBeNull();

        var before = await Escrow.FundsOfAsync(Payer, None);
        var found = Done(await Escrow.LockAsync(order with { Pending = unknown.Pending }, None));
        found.Signature.ShouldBe(unknown.Pending.Signature);
        (await Escrow.FundsOfAsync(Payer, None)).ShouldBe(before);
    }

    [Fact]
    public async Task A_chain_that_cannot_be_asked_is_unknown_and_never_refused()
    {
        using var http = new HttpClient(new DeafHandler("getAccountInfo"));
        var cutOff = fixture.EscrowOver(new RpcClient(http, fixture.Endpoint, new RpcClientOptions { ReadAttempts = 1 }));
        var pending = new PendingTransaction("some signature", 5);
        (await cutOff.LockAsync(NewLock(1) with { Pending = pending }, None)).ShouldBeOfType<EscrowAnswer.Unknown>().Pending.ShouldBe(pending);
        await Should.ThrowAsync<IOException>(() => cutOff.FindAsync(new IntentId(FacilitatorWorld.NewId()), None));
        await Should.ThrowAsync<IOException>(() => cutOff.FundsOfAsync(Payer, None));
    }

    [Fact]
    public void Signatures_are_checked_over_raw_bytes()
    {
        var signature = Base58.Encode(fixture.Wallet.Sign("text"u8));
        Escrow.Verify(Payer, "text"u8, signature).ShouldBeTrue();
        Escrow.Verify(Payer, "texT"u8, signature).ShouldBeFalse();
        Escrow.Verify(Node, "text"u8, signature).ShouldBeFalse();
        Escrow.Verify(Payer, "text"u8, "0").ShouldBeFalse();
        Escrow.Verify(Payer, "text"u8, "").ShouldBeFalse();
    }

    private static string SeedOf(LockEscrow order) => $"payer-{order.Intent.IntentId.Value:N}"[..30];

    /// <summary>One HYPER of this payer, locked and assigned to this node.</summary>
    private async Task<LockEscrow> AssignedAsync(Account payer, WalletAddress node)
    {
        var order = NewLock(1_000_000, payer: payer);
        Done(await Escrow.LockAsync(order, None));
        Done(await Escrow.AssignAsync(new AssignNode(order.JobId, order.Intent.IntentId, 1, default, node), None));
        return order;
    }

    private LockEscrow NewLock(ulong amount, int lifetimeSeconds = 600, Account? payer = null)
    {
        payer ??= fixture.Wallet;
        var client = WalletAddress.FromBytes(payer.PublicKey.AsSpan());
        var (job, now) = (new JobId(FacilitatorWorld.NewId()), FacilitatorWorld.Now());
        var (spec, salt, settleBy) = (Hash256.Of("spec"u8), Hash256.Of("salt"u8), now / 1000 + lifetimeSeconds + 1);
        var nonce = Hypernode.Contracts.Intents.IntentNonce.Compute(fixture.Setup.Deployment, client, spec, settleBy, salt);
        var intent = new PaymentIntent(new IntentId(FacilitatorWorld.NewId()), client, new HyperAmount(amount), job, now, now + lifetimeSeconds * 1_000L, nonce);
        var signature = Base58.Encode(payer.Sign(Encoding.UTF8.GetBytes(intent.ToSigningText())));
        return new LockEscrow(job, intent, new PayerSignature(signature), spec, settleBy, salt, Pending: null);
    }

    private SettlePayment Settle(LockEscrow order, int attempt, ulong charge) => new(
        order.JobId, order.Intent.IntentId, attempt, default, Node, Verdict.Succeeded, new HyperAmount(charge),
        Hash256.Of("execution"u8), Hash256.Of("logs"u8), Pending: null);

    private static RefundPayment Refund(LockEscrow order, int attempt, RefundReason reason) =>
        new(order.JobId, order.Intent.IntentId, attempt, reason, Pending: null);

    private static EscrowAnswer.Done Done(EscrowAnswer answer) => answer.ShouldBeOfType<EscrowAnswer.Done>(answer.ToString());

    private static (string Code, bool CanRetry) Refused(EscrowAnswer answer)
    {
        var refused = answer.ShouldBeOfType<EscrowAnswer.Refused>(answer.ToString());
        return (refused.Code, refused.CanRetry);
    }
}
