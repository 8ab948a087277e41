using Hypernode.Solana.Facilitator;

namespace Hypernode.Solana.Tests.Localnet;

/// <summary>A facilitator of the test's own: its program, keys, mint, vaults, a payer with an allowance and a node.</summary>
internal sealed class FacilitatorWorld
{
    public const long RefundGrace = 1;
    public const ulong PayerStart = 1_000_000_000;

    private readonly LocalnetFixture localnet;

    private FacilitatorWorld(LocalnetFixture localnet, Account admin, Account program, HyperMint hyper)
    {
        (this.localnet, Admin, Hyper) = (localnet, admin, hyper);
        Program = new FacilitatorProgram(program.PublicKey);
        Reader = new FacilitatorReader(localnet.Rpc, Program);
    }

    public FacilitatorProgram Program { get; }

    public FacilitatorReader Reader { get; }

    public FacilitatorConfig Config { get; private set; } = null!;

    public HyperMint Hyper { get; }

    /// <summary>The other mint that Config accepts.</summary>
    public HyperMint Usdc { get; private set; } = null!;

    public Account Admin { get; }

    public Account Relayer { get; private set; } = null!;

    public Account Assigner { get; } = new();

    public Account Node { get; } = new();

    public Account Payer { get; } = new();

    public PublicKey PayerToken => Hyper.AccountOf(Payer.PublicKey);

    public Account[] Oracles { get; } = [.. Enumerable.Range(0, 5).Select(_ => new Account())];

    public PublicKey ProtocolOwner { get; } = Throwaway();

    public PublicKey PlatformOwner { get; } = Throwaway();

    public static async Task<FacilitatorWorld> CreateAsync(LocalnetFixture localnet)
    {
        var admin = await localnet.FundedAsync(100);
        using var program = new Account();
        await localnet.Deployer.DeployAsync(program, admin, admin, File.ReadAllBytes(RepositoryFiles.At("programs/bin/facilitator.so")));
        var world = new FacilitatorWorld(localnet, admin, program, await HyperMint.CreateAsync(localnet, admin)) { Relayer = await localnet.FundedAsync() };
        await world.InitializeAsync();
        return world;
    }

    private async Task InitializeAsync()
    {
        var protocol = await Hyper.GiveAsync(ProtocolOwner, 0);
        var platform = await Hyper.GiveAsync(PlatformOwner, 0);
        await Hyper.GiveAsync(Node.PublicKey, 0);
        var payerToken = await Hyper.GiveAsync(Payer.PublicKey, PayerStart);
        Usdc = await HyperMint.CreateAsync(localnet, Admin);
        var other = new AcceptedMint(Usdc.PublicKey, await Usdc.GiveAsync(ProtocolOwner, 0), await Usdc.GiveAsync(PlatformOwner, 0));
        await Usdc.GiveAsync(Payer.PublicKey, PayerStart);
        var terms = new InitializeTerms(
            Base58.Decode(await localnet.Rpc.GetGenesisHashAsync()), Relayer.PublicKey, Assigner.PublicKey, [.. Oracles.Select(o => o.PublicKey)], 3, RefundGrace);
        (await localnet.Sender.SendAsync(
            [Program.Initialize(terms, Admin.PublicKey, Hyper.PublicKey, protocol, platform, other)], Admin)).ShouldHaveHappened();
        (await localnet.Sender.SendAsync(
            [TokenProgram.ApproveChecked(payerToken, Program.AllowanceAddress(Payer.PublicKey), PayerStart, HyperMint.Decimals, Payer.PublicKey, Hyper.PublicKey)],
            Admin, [Payer])).ShouldHaveHappened();
        Config = (await Reader.GetConfigAsync()).ShouldNotBeNull();
    }

    /// <summary>Terms of a job that may be settled for a while.</summary>
    public static SignedIntentTerms Terms(ulong amount, int settleInSeconds = 3_600)
    {
        var now = DateTimeOffset.FromUnixTimeMilliseconds(Now());
        return new SignedIntentTerms(
            NewId(), NewId(), amount, (ulong)now.ToUnixTimeMilliseconds(), (ulong)now.AddSeconds(Math.Min(settleInSeconds, 600)).ToUnixTimeMilliseconds(),
            new byte[32], now.ToUnixTimeSeconds() + settleInSeconds + 1, new byte[32]);
    }

    /// <summary>What an x402 client does: a transfer from the payer's ATA, to the one that the relayer opened.</summary>
    public async Task DepositAsync(DepositTerms terms, ulong amount)
    {
        var deposit = Program.DepositAddress(terms, Config.Cluster);
        (await localnet.Sender.SendAsync(
            [
                AssociatedTokenAccountProgram.CreateAssociatedTokenAccount(Relayer.PublicKey, deposit, terms.Mint),
                TokenProgram.TransferChecked(
                    FacilitatorProgram.TokenAccountOf(terms.Payer, terms.Mint), Program.DepositTokenAddress(terms, Config.Cluster), amount, HyperMint.Decimals,
                    terms.Payer, terms.Mint),
            ],
            Relayer, [Payer])).ShouldHaveHappened();
    }

    public static long Now() => TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();

    public static Guid NewId() => new(System.Security.Cryptography.RandomNumberGenerator.GetBytes(16));

    /// <summary>The text, as the program itself renders it.</summary>
    public async Task<byte[]> TextAsync(SignedIntentTerms t, PublicKey? payer = null)
    {
        var nonce = IntentNonce.Compute(
            Config.Cluster, Program.ProgramIdKey, Hyper.PublicKey, payer ?? Payer.PublicKey, t.SpecHash, t.SettleBy, t.Salt);
        var blockhash = await localnet.Rpc.GetLatestBlockHashAsync();
        var call = new TransactionBuilder().SetFeePayer(Relayer.PublicKey).SetRecentBlockHash(blockhash.Blockhash)
            .AddInstruction(Program.RenderIntent(t.IntentId, t.JobId, t.Amount, t.TimestampMs, t.ExpiresMs, nonce)).Build(Relayer);
        return (await localnet.Rpc.SimulateTransactionAsync(call.Serialize())).ReturnData.ShouldNotBeNull();
    }

    public async Task<ConfirmationResult> LockAsync(SignedIntentTerms terms, Account? signer = null)
    {
        var text = await TextAsync(terms);
        return await localnet.Sender.SendAsync(
            Program.AuthorizeIntent(terms, Relayer.PublicKey, Hyper.PublicKey, Payer.PublicKey, text, (signer ?? Payer).Sign(text)), Relayer);
    }

    public Task<ConfirmationResult> AssignAsync(Guid intentId, uint attempt, Account? assigner = null) => localnet.Sender.SendAsync(
        [Program.AssignNode(intentId, attempt, Node.PublicKey, (assigner ?? Assigner).PublicKey)], Relayer, [assigner ?? Assigner]);

    public UsageProof Proof(Guid intentId, ulong charge, uint attempt = 1) => new(
        intentId, attempt, Node.PublicKey, ProofVerdict.Succeeded, charge, Filled(7), Filled(8), Now() / 1000 + 600);

    public Task<ConfirmationResult> SettleAsync(UsageProof proof, int signatures = 3) => localnet.Sender.SendAsync(
        Program.SubmitUsageProof(proof, Config, Hyper.AccountOf(proof.Node), PayerToken, Relayer.PublicKey, Sign(proof.Digest(Config.Cluster, Program.ProgramIdKey), signatures)), Relayer);

    public Task<ConfirmationResult> RefundFailedAsync(Guid intentId, uint attempt)
    {
        var order = new RefundOrder(intentId, attempt, 2, Now() / 1000 + 600);
        return localnet.Sender.SendAsync(
            Program.RefundFailed(order, Config, PayerToken, Relayer.PublicKey, Sign(order.Digest(Config.Cluster, Program.ProgramIdKey), 3)), Relayer);
    }

    public Task<ConfirmationResult> CancelAsync(Guid intentId, Account authority) => localnet.Sender.SendAsync(
        [Program.Cancel(intentId, authority.PublicKey, Hyper.PublicKey, PayerToken, Relayer.PublicKey)],
        Admin, [authority]);

    public Task<ConfirmationResult> RefundExpiredAsync(Guid intentId) => localnet.Sender.SendAsync(
        [Program.RefundExpired(intentId, Hyper.PublicKey, PayerToken, Relayer.PublicKey)], Admin);

    public (PublicKey Oracle, byte[] Signature)[] Sign(byte[] digest, int signatures) =>
        [.. Oracles.Take(signatures).Select(o => (o.PublicKey, o.Sign(digest)))];

    public static byte[] Filled(byte value) => [.. Enumerable.Repeat(value, 32)];

    private static PublicKey Throwaway()
    {
        using var account = new Account();
        return account.PublicKey;
    }
}
