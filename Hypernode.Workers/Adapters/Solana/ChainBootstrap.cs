using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Text;
using Hypernode.Solana;
using Hypernode.Solana.Facilitator;
using Hypernode.Solana.NodeRegistry;
using Hypernode.Solana.Splitter;
using Microsoft.Extensions.Logging;
using Base58 = Hypernode.Solana.Base58;

namespace Hypernode.Workers.Adapters.Solana;

/// <summary>What is on the chain now, and ready.</summary>
/// <param name="Config">the facilitator's, as the chain has it, whoever wrote it</param>
/// <param name="Registry">the node registry's</param>
/// <param name="Splitter">the payment splitter's</param>
public sealed record ChainSetup(
    Deployment Deployment, FacilitatorConfig Config, NodeRegistryProgram RegistryProgram, RegistryConfig Registry, PaymentSplitterProgram SplitterProgram, SplitterConfig Splitter);

/// <summary>The chain holds something else than these keys and settings: nothing here may overwrite it.</summary>
public sealed class ChainSetupException(string message, bool mayPass = false) : Exception(message)
{
    /// <summary>A step failed that another process may have done meanwhile: look again.</summary>
    internal bool MayPass => mayPass;
}

/// <summary>
/// Brings a fresh localnet to where jobs can be paid: SOL for the keys, the programs through the real loader, HYPER's mint, the
/// splitter with the vaults that fees go to, the registry, the facilitator's Config. Every step looks first, so it may be run at
/// every start, by several processes at once, and after a crash in any step.
/// </summary>
public sealed partial class ChainBootstrap
{
    public const byte OracleThreshold = 3;

    private const int Attempts = 5;
    private const ulong Lamports = 1_000_000_000;
    private const ulong LowWater = 5 * Lamports;
    private const ulong Airdrop = 100 * Lamports;

    private readonly IRpcClient rpc;
    private readonly ChainKeys keys;
    private readonly ChainSigners signers;
    private readonly string network;
    private readonly TimeProvider time;
    private readonly ILogger log;
    private readonly ChainSteps steps;
    private readonly ProgramDeployer deployer;

    /// <param name="signers">who relays and assigns; the keys' own when null</param>
    public ChainBootstrap(IRpcClient rpc, ChainKeys keys, SolanaOptions options, TimeProvider time, ILogger<ChainBootstrap> log, ChainSigners? signers = null)
    {
        this.signers = signers ?? ChainSigners.Of(keys);
        (this.rpc, this.keys, network, this.time, this.log) = (rpc, keys, options.Network, time, log);
        var tracker = new ConfirmationTracker(rpc, time, new ConfirmationOptions { PollInterval = TimeSpan.FromMilliseconds(options.PollMilliseconds) });
        var sender = new TransactionSender(rpc, tracker);
        steps = new ChainSteps(rpc, sender, keys);
        deployer = new ProgramDeployer(rpc, sender, time);
    }

    private PublicKey Mint => keys.Mint.PublicKey;

    /// <summary>HYPER first; a mock that stands for USDC is for localnets only, and only for those that have it.</summary>
    private IReadOnlyList<PublicKey> mints = [];

    /// <summary>
    /// What payments are taken in. The splitter passes HYPER's fees on; those in another mint go to the treasuries directly.
    /// </summary>
    private IReadOnlyList<AcceptedMint> Accepted(SplitterSetup vaults) =>
    [
        new AcceptedMint(Mint, vaults.VaultOf(Fee.Protocol), vaults.VaultOf(Fee.Platform)),
        .. mints.Skip(1).Select(m => new AcceptedMint(
            m,
            FacilitatorProgram.TokenAccountOf(keys.ProtocolTreasury.PublicKey, m),
            FacilitatorProgram.TokenAccountOf(keys.PlatformTreasury.PublicKey, m))),
    ];

    /// <param name="refundGrace">for a new Config; one that is there keeps its own</param>
    /// <exception cref="ChainSetupException">the chain was set up with other keys</exception>
    /// <exception cref="IOException">the chain can't be asked now</exception>
    public async Task<ChainSetup> RunAsync(ShippedPrograms programs, TimeSpan refundGrace, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await TryRunAsync(programs, refundGrace, cancellation);
            }
            catch (ChainSetupException failure) when (failure.MayPass && attempt < Attempts)
            {
                LogAgain(failure.Message);
                await Task.Delay(TimeSpan.FromSeconds(1), time, cancellation);
            }
        }
    }

    private async Task<ChainSetup> TryRunAsync(ShippedPrograms programs, TimeSpan refundGrace, CancellationToken cancellation)
    {
        try
        {
            await EnsureSolAsync(keys.UpgradeAuthority.PublicKey, cancellation);
            await EnsureSolAsync(signers.Relayer.PublicKey, cancellation);
            await Task.WhenAll(programs.All.Select(program => DeployAsync(program, cancellation)));
            await EnsureMintAsync(keys.Mint, cancellation);
            mints = await HasMockUsdcAsync(cancellation) ? [Mint, MockUsdc.Mint] : [Mint];
            foreach (var mint in mints)
            {
                await EnsureTokenAccountsAsync([keys.ProtocolTreasury.PublicKey, keys.PlatformTreasury.PublicKey], mint, cancellation);
            }

            await EnsureTokenAccountsAsync([keys.StakingPool.PublicKey, keys.SlashTreasury.PublicKey], cancellation);
            var cluster = Base58.Decode(await rpc.GetGenesisHashAsync(cancellation));
            var (registry, splitter) = (new NodeRegistryProgram(programs.NodeRegistry.Address), new PaymentSplitterProgram(programs.Splitter.Address));
            var splitterSetup = new SplitterSetup(steps, splitter);
            var splitterConfig = await splitterSetup.EnsureAsync(cancellation);
            var registryConfig = await new RegistrySetup(steps, registry).EnsureAsync(cluster, cancellation);
            var facilitator = new FacilitatorProgram(programs.Facilitator.Address);
            var config = await EnsureConfigAsync(facilitator, splitterSetup, cluster, refundGrace, cancellation);
            LogReady(facilitator.ConfigAddress.Key, Mint.Key);
            return new ChainSetup(
                new Deployment(network, Hash256.FromBytes(config.Cluster), programs.Facilitator.Address.ToAddress(), Mint.ToAddress()),
                config, registry, registryConfig, splitter, splitterConfig);
        }
        catch (Exception e) when (e is RpcException or RpcTransportException)
        {
            throw new IOException($"The chain can't be set up now: {e.Message}", e);
        }
    }

    private async Task DeployAsync(ShippedProgram program, CancellationToken cancellation)
    {
        var outcome = await deployer.DeployAsync(program.Key, keys.UpgradeAuthority, keys.UpgradeAuthority, program.Code, cancellation: cancellation);
        LogProgram(program.Address.Key, outcome);
    }

    /// <summary>A wallet of the demo: token accounts with at least this much of each mint in them, and SOL for its own transactions.</summary>
    public async Task FundWalletAsync(PublicKey wallet, HyperAmount atLeast, CancellationToken cancellation)
    {
        await EnsureSolAsync(wallet, cancellation);
        using var mockAuthority = MockUsdc.NewAuthority();
        foreach (var mint in mints)
        {
            await EnsureTokenAccountsAsync([wallet], mint, cancellation);
            var account = FacilitatorProgram.TokenAccountOf(wallet, mint);
            var balance = (await rpc.GetTokenAccountBalanceAsync(account, cancellation: cancellation)).Amount;
            if (balance < atLeast.BaseUnits)
            {
                var authority = mint == Mint ? keys.UpgradeAuthority : mockAuthority;
                await steps.MustHappenAsync([TokenProgram.MintTo(mint, account, atLeast.BaseUnits - balance, authority.PublicKey)], "mint tokens", cancellation, [authority]);
            }
        }
    }

    /// <summary>The token accounts of these wallets in HYPER, made where they are missing: a node needs one to be paid.</summary>
    public Task EnsureTokenAccountsAsync(IReadOnlyList<PublicKey> owners, CancellationToken cancellation) => EnsureTokenAccountsAsync(owners, Mint, cancellation);

    private async Task EnsureTokenAccountsAsync(IReadOnlyList<PublicKey> owners, PublicKey mint, CancellationToken cancellation)
    {
        const int inOneTransaction = 4;
        var accounts = await rpc.GetMultipleAccountsAsync([.. owners.Select(o => FacilitatorProgram.TokenAccountOf(o, mint))], cancellation: cancellation);
        foreach (var some in owners.Where((_, i) => accounts[i] is null).Chunk(inOneTransaction))
        {
            await steps.MustHappenAsync(
                [.. some.Select(owner => AssociatedTokenAccountProgram.CreateAssociatedTokenAccount(steps.Authority, owner, mint))], "make token accounts", cancellation);
        }
    }

    private async Task EnsureSolAsync(PublicKey account, CancellationToken cancellation)
    {
        if (await rpc.GetBalanceAsync(account, cancellation: cancellation) >= LowWater)
        {
            return;
        }

        if (network != "localnet")
        {
            throw new ChainSetupException($"{account} has less than {LowWater / Lamports} SOL, and {network} gives none away.");
        }

        await rpc.RequestAirdropAsync(account, Airdrop, cancellation);
        await UntilAsync(async () => await rpc.GetBalanceAsync(account, cancellation: cancellation) >= LowWater, $"the airdrop for {account}", cancellation);
    }

    private async Task EnsureMintAsync(Account mint, CancellationToken cancellation)
    {
        if (await rpc.GetAccountInfoAsync(mint.PublicKey, cancellation: cancellation) is { } account)
        {
            if (TokenMint.From(account) is not { IsInitialized: true, Decimals: HyperAmount.Decimals })
            {
                throw new ChainSetupException($"{mint.PublicKey} is no mint of {HyperAmount.Decimals} decimals.");
            }

            return;
        }

        var authority = keys.UpgradeAuthority.PublicKey;
        var rent = await rpc.GetMinimumBalanceForRentExemptionAsync(TokenProgram.MintAccountDataSize, cancellation);
        await steps.MustHappenAsync(
            [
                SystemProgram.CreateAccount(authority, mint.PublicKey, rent, TokenProgram.MintAccountDataSize, TokenProgram.ProgramIdKey),
                TokenProgram.InitializeMint(mint.PublicKey, HyperAmount.Decimals, authority),
            ],
            "make the mint", cancellation, mint);
    }

    private async Task<bool> HasMockUsdcAsync(CancellationToken cancellation)
    {
        if (network != "localnet")
        {
            return false;
        }

        using var authority = MockUsdc.NewAuthority();
        return TokenMint.From(await rpc.GetAccountInfoAsync(MockUsdc.Mint, cancellation: cancellation)) is { IsInitialized: true, Decimals: HyperAmount.Decimals } mint
            && mint.MintAuthority == authority.PublicKey;
    }

    private async Task<FacilitatorConfig> EnsureConfigAsync(
        FacilitatorProgram facilitator, SplitterSetup vaults, byte[] cluster, TimeSpan refundGrace, CancellationToken cancellation)
    {
        var reader = new FacilitatorReader(rpc, facilitator);
        if (await PresentAsync(reader, cancellation) is { } present)
        {
            if (present.RefundGrace != (long)refundGrace.TotalSeconds)
            {
                LogOtherGrace(present.RefundGrace, (long)refundGrace.TotalSeconds);
            }

            return RequireOurs(present, vaults, cluster);
        }

        var accepted = Accepted(vaults);
        var terms = new InitializeTerms(
            cluster, signers.Relayer.PublicKey, signers.Assigner.PublicKey, [.. keys.Oracles.Select(o => o.PublicKey)], OracleThreshold, checked((long)refundGrace.TotalSeconds));
        await steps.MustHappenAsync(
            [facilitator.Initialize(terms, steps.Authority, Mint, accepted[0].ProtocolVault, accepted[0].PlatformVault, accepted.Skip(1).SingleOrDefault())],
            "initialize the facilitator", cancellation);
        return RequireOurs(await reader.GetConfigAsync(cancellation) ?? throw new ChainSetupException("Config was written, and is not there."), vaults, cluster);
    }

    private static async Task<FacilitatorConfig?> PresentAsync(FacilitatorReader reader, CancellationToken cancellation)
    {
        try
        {
            return await reader.GetConfigAsync(cancellation);
        }
        catch (FormatException)
        {
            throw new ChainSetupException("The facilitator's Config on this chain is another version's: start from a fresh chain.");
        }
    }

    /// <summary>Field by field: an oracle that signs for another cluster, or fees that go to another's vault, would be found out only with money.</summary>
    private FacilitatorConfig RequireOurs(FacilitatorConfig config, SplitterSetup vaults, byte[] cluster)
    {
        if (!config.Cluster.AsSpan().SequenceEqual(cluster))
        {
            throw new ChainSetupException("The facilitator's Config was written for another cluster than the one that this node serves.");
        }

        if (config.Threshold != OracleThreshold)
        {
            throw new ChainSetupException($"The facilitator on this chain wants {config.Threshold} oracles to sign, and {OracleThreshold} do here.");
        }

        var ours = config.Facilitator == signers.Relayer.PublicKey
            && config.Assigner == signers.Assigner.PublicKey
            && config.Mint == Mint
            // A Config of before there was a mock of USDC takes none, and is ours all the same.
            && Accepted(vaults).All(ours => ours.Mint == Mint ? config.Accepted(Mint) == ours : config.Accepted(ours.Mint) is not { } theirs || theirs == ours)
            && config.Oracles.SequenceEqual(keys.Oracles.Select(o => o.PublicKey));
        return ours
            ? config
            : throw new ChainSetupException("The facilitator on this chain was set up with other keys: use their folder, or a fresh chain.");
    }

    private async Task UntilAsync(Func<Task<bool>> condition, string what, CancellationToken cancellation)
    {
        var started = time.GetTimestamp();
        while (!await condition())
        {
            if (time.GetElapsedTime(started) > TimeSpan.FromSeconds(30))
            {
                throw new IOException($"Waited 30 s in vain for {what}.");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), time, cancellation);
        }
    }

    [LoggerMessage(EventId = 4201, Level = LogLevel.Information, Message = "Facilitator program {Program}: {Outcome}")]
    private partial void LogProgram(string program, DeployOutcome outcome);

    [LoggerMessage(EventId = 4204, Level = LogLevel.Warning, Message = "The chain opens a refund {OnChain} s after settle_by, and Hypernode:Windows:RefundGraceSeconds is {Configured}: set it to the chain's")]
    private partial void LogOtherGrace(long onChain, long configured);

    [LoggerMessage(EventId = 4203, Level = LogLevel.Information, Message = "Looking again at the chain: {Reason}")]
    private partial void LogAgain(string reason);

    [LoggerMessage(EventId = 4202, Level = LogLevel.Information, Message = "The chain is ready: config {Config}, mint {Mint}")]
    private partial void LogReady(string config, string mint);
}
