using Hypernode.Solana.Facilitator;

namespace Hypernode.Solana.Tests.Localnet;

public sealed class WorldFixture : IAsyncLifetime
{
    private readonly LocalnetFixture localnet = new();

    internal FacilitatorWorld World { get; private set; } = null!;

    internal LocalnetFixture Localnet => localnet;

    public async Task InitializeAsync()
    {
        await localnet.InitializeAsync();
        World = await FacilitatorWorld.CreateAsync(localnet);
    }

    public Task DisposeAsync() => localnet.DisposeAsync();
}

[Trait("Needs", "localnet")]
public class FacilitatorStories(WorldFixture fixture) : IClassFixture<WorldFixture>
{
    private FacilitatorWorld World => fixture.World;

    private IRpcClient Rpc => fixture.Localnet.Rpc;

    [Fact]
    public async Task Config_says_what_initialize_was_told()
    {
        var config = World.Config;
        config.Mint.ShouldBe(World.Hyper.PublicKey);
        config.ProtocolVault.ShouldBe(World.Hyper.AccountOf(World.ProtocolOwner));
        config.PlatformVault.ShouldBe(World.Hyper.AccountOf(World.PlatformOwner));
        (config.Facilitator, config.Assigner).ShouldBe((World.Relayer.PublicKey, World.Assigner.PublicKey));
        config.Oracles.ShouldBe(World.Oracles.Select(o => o.PublicKey));
        (config.Threshold, config.RefundGrace).ShouldBe(((byte)3, FacilitatorWorld.RefundGrace));
        Base58.Encode(config.Cluster).ShouldBe(await Rpc.GetGenesisHashAsync());
    }

    [Fact]
    public async Task A_signed_text_is_locked_assigned_and_settled_to_the_base_unit()
    {
        var terms = FacilitatorWorld.Terms(amount: 10_000_019);
        var before = await SumsAsync();
        (await World.LockAsync(terms)).ShouldHaveHappened();
        var payment = (await World.Reader.GetPaymentAsync(terms.IntentId)).ShouldNotBeNull();
        (payment.Status, payment.Via, payment.Attempt, payment.AssignedNode).ShouldBe((PaymentStatus.Pending, PaymentVia.SignedIntent, 0u, null));
        (payment.Amount, payment.JobId, payment.Payer, payment.RentPayer).ShouldBe((10_000_019ul, terms.JobId, World.Payer.PublicKey, World.Relayer.PublicKey));
        (payment.SettleBy, payment.ExpiresAt).ShouldBe((terms.SettleBy, (long)(terms.ExpiresMs / 1_000)));
        (await World.Reader.ListPaymentsAsync(PaymentStatus.Pending)).ShouldContain(p => p.IntentId == terms.IntentId);

        (await World.AssignAsync(terms.IntentId, 1)).ShouldHaveHappened();
        var settled = await World.SettleAsync(World.Proof(terms.IntentId, charge: 7_000_013));
        settled.ShouldHaveHappened();

        // 10 % and 5 %, each rounded down; the node has the rest of the charge, the payer the rest of the amount.
        var after = await SumsAsync();
        (after.Payer, after.Node, after.Protocol, after.Platform).ShouldBe(
            (before.Payer - 7_000_013, before.Node + 5_950_012, before.Protocol + 700_001, before.Platform + 350_000));
        payment = (await World.Reader.GetPaymentAsync(terms.IntentId)).ShouldNotBeNull("the tombstone stays");
        (payment.Status, payment.Charge, payment.AssignedNode).ShouldBe((PaymentStatus.Completed, 7_000_013ul, World.Node.PublicKey));
        (payment.ExecutionHash, payment.LogsHash).ShouldSatisfyAllConditions(
            h => h.ExecutionHash.ShouldBe(FacilitatorWorld.Filled(7)), h => h.LogsHash.ShouldBe(FacilitatorWorld.Filled(8)));
        (await Rpc.GetAccountInfoAsync(World.Program.EscrowAddress(terms.IntentId))).ShouldBeNull("the escrow is closed");

        var logs = (await Rpc.GetTransactionAsync(settled.Signature))!.Logs;
        var completed = FacilitatorEvent.Read(logs, World.Program.ProgramIdKey).ShouldHaveSingleItem().ShouldBeOfType<FacilitatorEvent.PaymentCompleted>();
        (completed.Amount, completed.NodeShare, completed.ProtocolFee, completed.PlatformFee, completed.Refund, completed.Verdict)
            .ShouldBe((7_000_013ul, 5_950_012ul, 700_001ul, 350_000ul, 3_000_006ul, ProofVerdict.Succeeded));

        Refusal(await World.SettleAsync(World.Proof(terms.IntentId, charge: 7_000_013))).ShouldBe(FacilitatorError.InvalidPaymentStatus);
    }

    [Fact]
    public async Task A_payer_may_sign_the_transaction_instead()
    {
        var seconds = FacilitatorWorld.Now() / 1000;
        var terms = new PaymentTerms(FacilitatorWorld.NewId(), FacilitatorWorld.NewId(), 5_000, seconds + 600, seconds + 3_600);
        var blockhash = await Rpc.GetLatestBlockHashAsync();
        var half = new TransactionBuilder().SetFeePayer(World.Relayer.PublicKey).SetRecentBlockHash(blockhash.Blockhash)
            .AddInstruction(World.Program.AuthorizePayment(terms, World.Payer.PublicKey, World.Relayer.PublicKey, World.Hyper.PublicKey))
            .BuildPartiallySigned(World.Relayer);

        // ... over the wire to the wallet, and back.
        var wallet = Transaction.Deserialize(half.Serialize()).PartialSign(World.Payer);
        (await fixture.Localnet.Sender.SendAsync(wallet, blockhash.LastValidBlockHeight)).ShouldHaveHappened();
        (await World.Reader.GetPaymentAsync(terms.IntentId))!.Via.ShouldBe(PaymentVia.Transaction);
    }

    [Fact]
    public async Task A_plain_transfer_to_the_address_of_its_terms_becomes_a_payment_in_the_other_mint()
    {
        var terms = new DepositTerms(
            World.Usdc.PublicKey, FacilitatorWorld.NewId(), FacilitatorWorld.NewId(), World.Payer.PublicKey, 2_000_000, FacilitatorWorld.Now() / 1000 + 3_600);
        var before = await World.Usdc.BalanceOfAsync(World.Payer.PublicKey);
        await World.DepositAsync(terms, terms.Amount + 7);
        var activation = World.Program.ActivateIntent(terms, World.Config, World.Usdc.AccountOf(World.Payer.PublicKey));
        (await fixture.Localnet.Sender.SendAsync([activation], World.Relayer)).ShouldHaveHappened();
        var payment = (await World.Reader.GetPaymentAsync(terms.IntentId)).ShouldNotBeNull();
        (payment.Via, payment.Status, payment.Amount, payment.Mint, payment.Payer).ShouldBe((PaymentVia.Deposit, PaymentStatus.Pending, terms.Amount, terms.Mint, terms.Payer));
        (payment.ExpiresAt, payment.ClosableAt).ShouldBe((terms.SettleBy, terms.SettleBy + 1));
        (await World.Usdc.BalanceOfAsync(World.Payer.PublicKey)).ShouldBe(before - terms.Amount, "the excess is back");

        (await World.AssignAsync(terms.IntentId, 1)).ShouldHaveHappened();
        var proof = World.Proof(terms.IntentId, charge: 1_000_000);
        var node = await World.Usdc.GiveAsync(World.Node.PublicKey, 0);
        var signatures = World.Sign(proof.Digest(World.Config.Cluster, World.Program.ProgramIdKey), 3);
        (await fixture.Localnet.Sender.SendAsync(
            World.Program.SubmitUsageProof(proof, World.Config, node, World.Usdc.AccountOf(World.Payer.PublicKey), World.Relayer.PublicKey, signatures, World.Usdc.PublicKey),
            World.Relayer)).ShouldHaveHappened();
        (await World.Usdc.BalanceOfAsync(World.Node.PublicKey)).ShouldBe(850_000ul);
        (await World.Usdc.BalanceOfAsync(World.ProtocolOwner)).ShouldBe(100_000ul);
        (await World.Usdc.BalanceOfAsync(World.PlatformOwner)).ShouldBe(50_000ul);
        (await World.Usdc.BalanceOfAsync(World.Payer.PublicKey)).ShouldBe(before - 1_000_000);
    }

    [Fact]
    public async Task A_deposit_that_can_not_become_a_payment_goes_back()
    {
        var terms = new DepositTerms(
            World.Hyper.PublicKey, FacilitatorWorld.NewId(), FacilitatorWorld.NewId(), World.Payer.PublicKey, 1_000, FacilitatorWorld.Now() / 1000 + 3_600);
        var before = await SumsAsync();
        var reclaim = World.Program.ReclaimDeposit(terms, World.Config, World.PayerToken);
        await World.DepositAsync(terms, terms.Amount);
        Refusal(await fixture.Localnet.Sender.SendAsync([reclaim], World.Admin)).ShouldBe(FacilitatorError.NotYetReclaimable);
        (await fixture.Localnet.Sender.SendAsync([World.Program.ActivateIntent(terms, World.Config, World.PayerToken)], World.Relayer)).ShouldHaveHappened();

        await World.DepositAsync(terms, 5);
        var second = await fixture.Localnet.Sender.SendAsync([reclaim], World.Admin);
        second.ShouldHaveHappened();
        var logs = (await Rpc.GetTransactionAsync(second.Signature))!.Logs;
        FacilitatorEvent.Read(logs, World.Program.ProgramIdKey).ShouldBe(
            [new FacilitatorEvent.DepositReclaimed(terms.IntentId, terms.Payer, terms.Mint, 5)]);
        (await World.CancelAsync(terms.IntentId, World.Payer)).ShouldHaveHappened();
        (await SumsAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task Attempts_used_up_give_everything_back()
    {
        var terms = FacilitatorWorld.Terms(1_000);
        var before = await SumsAsync();
        (await World.LockAsync(terms)).ShouldHaveHappened();
        (await World.AssignAsync(terms.IntentId, 1)).ShouldHaveHappened();
        Refusal(await World.AssignAsync(terms.IntentId, 1)).ShouldBe(FacilitatorError.AttemptNotRising);
        (await World.AssignAsync(terms.IntentId, 3)).ShouldHaveHappened();
        Refusal(await World.RefundFailedAsync(terms.IntentId, attempt: 1)).ShouldBe(FacilitatorError.AttestationMismatch);
        (await World.RefundFailedAsync(terms.IntentId, attempt: 3)).ShouldHaveHappened();
        (await SumsAsync()).ShouldBe(before);
        (await World.Reader.GetPaymentAsync(terms.IntentId))!.Status.ShouldBe(PaymentStatus.Refunded);
    }

    [Fact]
    public async Task Before_assignment_the_payer_may_cancel_and_nobody_else()
    {
        var terms = FacilitatorWorld.Terms(1_000);
        var before = await SumsAsync();
        (await World.LockAsync(terms)).ShouldHaveHappened();
        Refusal(await World.CancelAsync(terms.IntentId, World.Node)).ShouldBe(FacilitatorError.UnauthorizedCancel);
        (await World.CancelAsync(terms.IntentId, World.Payer)).ShouldHaveHappened();
        (await SumsAsync()).ShouldBe(before);

        var assigned = FacilitatorWorld.Terms(1_000);
        (await World.LockAsync(assigned)).ShouldHaveHappened();
        (await World.AssignAsync(assigned.IntentId, 1)).ShouldHaveHappened();
        Refusal(await World.CancelAsync(assigned.IntentId, World.Relayer)).ShouldBe(FacilitatorError.AlreadyAssigned);
    }

    [Fact]
    public async Task After_settle_by_and_grace_anyone_sends_the_refund()
    {
        var terms = FacilitatorWorld.Terms(1_000, settleInSeconds: 4);
        var before = await World.Hyper.BalanceOfAsync(World.Payer.PublicKey);
        (await World.LockAsync(terms)).ShouldHaveHappened();
        Refusal(await World.RefundExpiredAsync(terms.IntentId)).ShouldBe(FacilitatorError.NotYetRefundable);
        ConfirmationResult? result = null;
        await Eventually.Async(
            async () => (result = await World.RefundExpiredAsync(terms.IntentId)).Happened || Refusal(result) != FacilitatorError.NotYetRefundable,
            "the refund opens");
        result.ShouldNotBeNull().ShouldHaveHappened();
        (await World.Reader.GetPaymentAsync(terms.IntentId))!.Status.ShouldBe(PaymentStatus.Refunded);
        (await World.Hyper.BalanceOfAsync(World.Payer.PublicKey)).ShouldBe(before);
    }

    [Fact]
    public async Task Two_of_five_are_no_quorum_and_a_forged_third_fails_in_the_precompile()
    {
        var terms = FacilitatorWorld.Terms(1_000);
        (await World.LockAsync(terms)).ShouldHaveHappened();
        (await World.AssignAsync(terms.IntentId, 1)).ShouldHaveHappened();
        var proof = World.Proof(terms.IntentId, 1_000);
        Refusal(await World.SettleAsync(proof, signatures: 2)).ShouldBe(FacilitatorError.QuorumNotReached);

        var signatures = World.Sign(proof.Digest(World.Config.Cluster, World.Program.ProgramIdKey), 3);
        signatures[2].Signature[5] ^= 1;
        var forged = (await fixture.Localnet.Sender.SendAsync(
            World.Program.SubmitUsageProof(proof, World.Config, World.Hyper.AccountOf(proof.Node), World.PayerToken, World.Relayer.PublicKey, signatures), World.Relayer)).ShouldHaveFailed();
        // The node may refuse it by its own name before any program runs.
        (forged.Name, forged.AsFacilitatorError(World.Program.ProgramIdKey)).ShouldSatisfyAllConditions(
            f => f.Name.ShouldBe("InvalidSignature"), f => f.Item2.ShouldBeNull());
        (await World.Reader.GetPaymentAsync(terms.IntentId))!.Status.ShouldBe(PaymentStatus.Pending);
    }

    [Fact]
    public async Task A_strangers_signature_moves_nothing()
    {
        var terms = FacilitatorWorld.Terms(1_000);
        var before = await World.Hyper.BalanceOfAsync(World.Payer.PublicKey);
        var text = await World.TextAsync(terms);
        using var eve = new Account();
        // Eve's own, valid signature over the payer's text, with the payer's accounts.
        var instructions = World.Program.AuthorizeIntent(terms, World.Relayer.PublicKey, World.Hyper.PublicKey, World.Payer.PublicKey, text, World.Payer.Sign(text));
        IReadOnlyList<TransactionInstruction> stolen = [Ed25519Program.Verify(eve.PublicKey, eve.Sign(text), text), instructions[1]];
        Refusal(await fixture.Localnet.Sender.SendAsync(stolen, World.Relayer)).ShouldNotBeNull();
        (await World.LockAsync(terms, signer: eve)).ShouldBeOfType<ConfirmationResult.Failed>();
        (await World.Reader.GetPaymentAsync(terms.IntentId)).ShouldBeNull();
        (await World.Hyper.BalanceOfAsync(World.Payer.PublicKey)).ShouldBe(before);
    }

    private FacilitatorError? Refusal(ConfirmationResult result) =>
        result.ShouldHaveFailed().AsFacilitatorError(World.Program.ProgramIdKey);

    private async Task<(ulong Payer, ulong Node, ulong Protocol, ulong Platform)> SumsAsync() => (
        await World.Hyper.BalanceOfAsync(World.Payer.PublicKey),
        await World.Hyper.BalanceOfAsync(World.Node.PublicKey),
        await World.Hyper.BalanceOfAsync(World.ProtocolOwner),
        await World.Hyper.BalanceOfAsync(World.PlatformOwner));
}
