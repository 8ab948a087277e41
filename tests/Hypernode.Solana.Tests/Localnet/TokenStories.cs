namespace Hypernode.Solana.Tests.Localnet;

[Collection(LocalnetCollection.Name)]
[Trait("Needs", "localnet")]
public class TokenStories(LocalnetFixture localnet)
{
    [Fact]
    public async Task Tokens_are_minted_sent_and_delegated()
    {
        using var alice = await localnet.FundedAsync();
        using var bob = new Account();
        using var spender = new Account();
        var hyper = await HyperMint.CreateAsync(localnet, alice);
        await hyper.GiveAsync(alice.PublicKey, 1_000_000);
        await hyper.GiveAsync(bob.PublicKey, 0);
        await hyper.GiveAsync(bob.PublicKey, 0);

        (await localnet.Sender.SendAsync(
            [
                TokenProgram.TransferChecked(hyper.AccountOf(alice.PublicKey), hyper.AccountOf(bob.PublicKey), 250_000, 6, alice.PublicKey, hyper.PublicKey),
                TokenProgram.ApproveChecked(hyper.AccountOf(alice.PublicKey), spender.PublicKey, 99, 6, alice.PublicKey, hyper.PublicKey),
                ComputeBudgetProgram.SetComputeUnitLimit(50_000),
                MemoProgram.NewMemo("rent for June", alice.PublicKey),
            ],
            alice)).ShouldHaveHappened();

        var accounts = await localnet.Rpc.GetMultipleAccountsAsync([hyper.AccountOf(alice.PublicKey), hyper.AccountOf(bob.PublicKey), hyper.PublicKey, spender.PublicKey]);
        TokenAccount.From(accounts[0]).ShouldBe(new TokenAccount(hyper.PublicKey, alice.PublicKey, 750_000, spender.PublicKey, TokenAccountState.Initialized, 99));
        TokenAccount.From(accounts[1]).ShouldBe(new TokenAccount(hyper.PublicKey, bob.PublicKey, 250_000, null, TokenAccountState.Initialized, 0));
        TokenMint.From(accounts[2]).ShouldBe(new TokenMint(alice.PublicKey, 1_000_000, 6, true, null));
        accounts[3].ShouldBeNull();
        (await localnet.Rpc.GetTokenAccountBalanceAsync(hyper.AccountOf(bob.PublicKey))).ShouldBe(new TokenBalance(250_000, 6));

        (await localnet.Sender.SendAsync([TokenProgram.Revoke(hyper.AccountOf(alice.PublicKey), alice.PublicKey)], alice)).ShouldHaveHappened();
        TokenAccount.From(await localnet.Rpc.GetAccountInfoAsync(hyper.AccountOf(alice.PublicKey)))!.Delegate.ShouldBeNull();
    }

    [Fact]
    public async Task A_transfer_of_more_than_there_is_fails_by_its_name()
    {
        using var alice = await localnet.FundedAsync();
        var hyper = await HyperMint.CreateAsync(localnet, alice);
        await hyper.GiveAsync(alice.PublicKey, 5);
        var transfer = TokenProgram.TransferChecked(hyper.AccountOf(alice.PublicKey), hyper.AccountOf(alice.PublicKey), 6, 6, alice.PublicKey, hyper.PublicKey);

        var atPreflight = (await localnet.Sender.SendAsync([MemoProgram.NewMemo("x"), transfer], alice)).ShouldHaveFailed();
        (atPreflight.Name, atPreflight.Number, atPreflight.InstructionIndex, atPreflight.Program).ShouldBe(("InsufficientFunds", 1u, 1, TokenProgram.ProgramIdKey));

        // And when it gets past the preflight, the chain says the same.
        var blockhash = await localnet.Rpc.GetLatestBlockHashAsync();
        var transaction = new TransactionBuilder().SetFeePayer(alice.PublicKey).SetRecentBlockHash(blockhash.Blockhash).AddInstruction(transfer).Build(alice);
        await localnet.Rpc.SendTransactionAsync(transaction.Serialize(), skipPreflight: true);
        var onChain = (await new ConfirmationTracker(localnet.Rpc, TimeProvider.System).AwaitAsync(transaction.Signature, blockhash.LastValidBlockHeight)).ShouldHaveFailed();
        (onChain.Name, onChain.Program).ShouldBe(("InsufficientFunds", TokenProgram.ProgramIdKey));
        onChain.Logs.ShouldContain(l => l.Contains("insufficient funds"));
    }

    [Fact]
    public async Task A_transaction_is_found_with_its_logs_and_bytes()
    {
        using var alice = await localnet.FundedAsync();
        var before = await localnet.Rpc.GetBalanceAsync(alice.PublicKey);
        var result = await localnet.Sender.SendAsync([MemoProgram.NewMemo("find me", alice.PublicKey)], alice);
        var found = (await localnet.Rpc.GetTransactionAsync(result.Signature)).ShouldNotBeNull();

        found.Logs.ShouldContain(l => l.Contains("find me"));
        Transaction.Deserialize(found.Raw).Signature.ShouldBe(result.Signature);
        found.Fee.ShouldBe(5_000ul);
        found.DecodeError().ShouldBeNull();
        (await localnet.Rpc.GetBalanceAsync(alice.PublicKey)).ShouldBe(before - 5_000);
        (await localnet.Rpc.GetTransactionAsync(Base58.Encode(new byte[64]))).ShouldBeNull();
    }

    [Fact]
    public async Task The_chain_knows_itself()
    {
        Base58.Decode(await localnet.Rpc.GetGenesisHashAsync()).Length.ShouldBe(32);
        var blockhash = await localnet.Rpc.GetLatestBlockHashAsync();
        blockhash.LastValidBlockHeight.ShouldBeGreaterThan(await localnet.Rpc.GetBlockHeightAsync(Commitment.Finalized));
        var height = await localnet.Rpc.GetBlockHeightAsync();
        await Eventually.Async(async () => await localnet.Rpc.GetBlockHeightAsync() > height, "blocks go on");
    }

    [Fact]
    public async Task A_transaction_with_an_invented_blockhash_is_expired_or_refused_but_never_happens()
    {
        using var alice = await localnet.FundedAsync();
        var invented = new TransactionBuilder().SetFeePayer(alice.PublicKey).SetRecentBlockHash(Base58.Encode(new byte[32]))
            .AddInstruction(MemoProgram.NewMemo("never")).Build(alice);
        var result = await localnet.Sender.SendAsync(invented, lastValidBlockHeight: 0);
        result.ShouldBeOfType<ConfirmationResult.Expired>();
    }
}
