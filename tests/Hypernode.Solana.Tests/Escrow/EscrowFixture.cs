using Hypernode.Contracts.Money;
using Hypernode.Solana.Facilitator;
using Hypernode.Solana.Tests.Localnet;
using Hypernode.Workers.Adapters.Solana;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hypernode.Solana.Tests.Escrow;

/// <summary>The escrow port on a chain that the bootstrap made, with a program address of the test's own.</summary>
public class EscrowFixture : IAsyncLifetime
{
    private readonly LocalnetFixture localnet;
    private readonly TempFolder folder = new();

    public EscrowFixture()
        : this(new LocalnetFixture())
    {
    }

    internal EscrowFixture(LocalnetFixture localnet) => this.localnet = localnet;

    internal LocalnetFixture Localnet => localnet;

    internal IRpcClient Rpc => localnet.Rpc;

    internal Uri Endpoint => localnet.Endpoint;

    internal string KeysFolder => Path.Combine(folder.Path, "keys");

    internal ChainKeys Keys { get; private set; } = null!;

    internal ShippedPrograms Programs { get; } = NewPrograms();

    internal Account ProgramKey => Programs.Facilitator.Key;

    internal ChainBootstrap Bootstrap { get; private set; } = null!;

    internal ChainSetup Setup { get; private set; } = null!;

    internal SolanaEscrow Escrow { get; private set; } = null!;

    internal Account Wallet { get; } = new();

    internal Account Node { get; } = new();

    internal SolanaOptions Options { get; } = new() { PollMilliseconds = 20, ConfirmationSeconds = 5 };

    /// <summary>The three programs at addresses of the test's own.</summary>
    internal static ShippedPrograms NewPrograms()
    {
        static ShippedProgram Shipped(string name) => new(new Account(), File.ReadAllBytes(RepositoryFiles.At($"programs/bin/{name}.so")));
        return new ShippedPrograms(Shipped("facilitator"), Shipped("node_registry"), Shipped("payment_splitter"));
    }

    public async Task InitializeAsync()
    {
        await localnet.InitializeAsync();
        Keys = ChainKeys.LoadOrCreate(KeysFolder);
        Bootstrap = new ChainBootstrap(Rpc, Keys, Options, TimeProvider.System, NullLogger<ChainBootstrap>.Instance);
        Setup = await Bootstrap.RunAsync(Programs, TimeSpan.FromSeconds(1), CancellationToken.None);
        await FundAsync(Wallet);
        Escrow = EscrowOver(Rpc);
    }

    internal PublicKey Mint => Keys.Mint.PublicKey;

    /// <summary>500 HYPER, of which the facilitator may take 400.</summary>
    internal async Task FundAsync(Account wallet)
    {
        await Bootstrap.FundWalletAsync(wallet.PublicKey, new HyperAmount(500_000_000), CancellationToken.None);
        var allowance = new FacilitatorProgram(ProgramKey.PublicKey).AllowanceAddress(wallet.PublicKey);
        (await localnet.Sender.SendAsync(
            [TokenProgram.ApproveChecked(FacilitatorProgram.TokenAccountOf(wallet.PublicKey, Mint), allowance, 400_000_000, HyperAmount.Decimals, wallet.PublicKey, Mint)],
            Keys.Relayer, [wallet])).ShouldHaveHappened();
    }

    /// <summary>HYPER and nothing else: no SOL, no allowance.</summary>
    internal async Task GiveHyperAsync(Account wallet, ulong baseUnits) => (await localnet.Sender.SendAsync(
        [
            AssociatedTokenAccountProgram.CreateAssociatedTokenAccount(Keys.UpgradeAuthority.PublicKey, wallet.PublicKey, Mint),
            TokenProgram.MintTo(Mint, FacilitatorProgram.TokenAccountOf(wallet.PublicKey, Mint), baseUnits, Keys.UpgradeAuthority.PublicKey),
        ],
        Keys.UpgradeAuthority)).ShouldHaveHappened();

    /// <summary>The wallet hands its usual token account to a stranger (SPL's SetAuthority, AccountOwner).</summary>
    internal async Task GiveAccountAwayAsync(Account wallet)
    {
        using var stranger = new Account();
        var account = FacilitatorProgram.TokenAccountOf(wallet.PublicKey, Mint);
        (await localnet.Sender.SendAsync(
            [
                AssociatedTokenAccountProgram.CreateAssociatedTokenAccount(Keys.Relayer.PublicKey, wallet.PublicKey, Mint),
                new TransactionInstruction(
                    TokenProgram.ProgramIdKey,
                    [AccountMeta.Writable(account), AccountMeta.ReadOnly(wallet.PublicKey, isSigner: true)],
                    [6, 2, 1, .. stranger.PublicKey.KeyBytes]),
            ],
            Keys.Relayer, [wallet])).ShouldHaveHappened();
    }

    /// <summary>Somebody sends SOL to an address at which there is nothing yet.</summary>
    internal async Task SendSolAsync(PublicKey to) =>
        (await localnet.Sender.SendAsync([SystemProgram.Transfer(Keys.Relayer.PublicKey, to, 3_000_000)], Keys.Relayer)).ShouldHaveHappened();

    /// <summary>What the wallet has in an account that the relayer opened for it.</summary>
    internal async Task<ulong> BalanceAsync(string seed, Account wallet)
    {
        var address = PublicKey.CreateWithSeed(Keys.Relayer.PublicKey, seed, TokenProgram.ProgramIdKey);
        var account = TokenAccount.From(await Rpc.GetAccountInfoAsync(address)).ShouldNotBeNull();
        (account.Owner, account.Mint).ShouldBe((wallet.PublicKey, Mint));
        return account.Amount;
    }

    internal SolanaEscrow EscrowOver(IRpcClient rpc, ISigner? relayer = null, ISigner? assigner = null) => new(
        rpc, Setup.Deployment, Setup.Config, relayer ?? Keys.Relayer, assigner ?? Keys.Assigner,
        new SimulatedOracleQuorum(Keys.Oracles, ChainBootstrap.OracleThreshold), Options, TimeProvider.System);

    public async Task DisposeAsync()
    {
        await localnet.DisposeAsync();
        // null when the node did not start
        Keys?.Dispose();
        Programs.Dispose();
        folder.Dispose();
        GC.SuppressFinalize(this);
    }
}

/// <summary>The same on a node of its own, whose clock can be moved and whose network can be made bad.</summary>
public sealed class ControlledEscrowFixture : EscrowFixture
{
    public ControlledEscrowFixture()
        : base(new LocalnetFixture(["--controls", "--faults", "--slot-ms", "100"]))
    {
    }
}
