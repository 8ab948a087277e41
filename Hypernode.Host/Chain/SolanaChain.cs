using System.Security.Cryptography;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Ports;
using Hypernode.Host.Adapters;
using Hypernode.Solana;
using Hypernode.Solana.Facilitator;
using Hypernode.Workers.Adapters.Solana;
using Microsoft.Extensions.Options;

namespace Hypernode.Host.Chain;

/// <summary>What a chain needs before the first message; idempotent.</summary>
internal interface IChainSetup
{
    Task PrepareAsync(CancellationToken cancellationToken);
}

/// <summary>The chain of this host: its keys, its set-up at start, and the escrow that stands on both.</summary>
internal sealed partial class SolanaChain(
    IOptions<SolanaOptions> options,
    IOptions<WorkflowWindows> windows,
    TimeProvider time,
    ILoggerFactory loggers,
    ILogger<SolanaChain> logger) : IChainSetup, IAsyncDisposable
{
    private readonly HttpClient _http = new() { Timeout = Timeout.InfiniteTimeSpan }; // the RPC client has its own limit for each request
    private ChainKeys? _keys;
    private HttpClient? _signers;
    private SolanaEscrow? _escrow;
    private SolanaTombstones? _tombstones;
    private SolanaNodeRegistry? _registry;
    private SolanaDeposits? _deposits;
    private SolanaTransferFacilitator? _transfers;
    private SignatureSocket? _signals;

    public ITombstones Tombstones => _tombstones ?? throw new InvalidOperationException("the chain is not prepared yet");

    public INodeRegistry Registry => _registry ?? throw new InvalidOperationException("the chain is not prepared yet");

    public SolanaDeposits Deposits => _deposits ?? throw new InvalidOperationException("the chain is not prepared yet");

    public ITransferFacilitator Transfers => _transfers ?? throw new InvalidOperationException("the chain is not prepared yet");

    public IEscrow Escrow => _escrow ?? throw new InvalidOperationException("the chain is not prepared yet");

    /// <summary>Null before <see cref="PrepareAsync"/>.</summary>
    public ChainAddresses? Addresses { get; private set; }

    /// <summary>Idempotent: makes what is missing, overwrites nothing.</summary>
    public async Task PrepareAsync(CancellationToken cancellationToken)
    {
        var settings = options.Value;
        _keys = OpenKeys(settings);
        var rpc = RpcConnection.Open(
            _http, settings.Endpoints(), new RpcClientOptions { Timeout = TimeSpan.FromSeconds(settings.RequestSeconds), GatherStatuses = TimeSpan.FromMilliseconds(5), GatherCalls = TimeSpan.FromMilliseconds(settings.BatchMilliseconds) }, time, loggers);
        await RequireOneClusterAsync(rpc, cancellationToken);
        var signers = OpenSigners(_keys, settings);
        var bootstrap = new ChainBootstrap(rpc, _keys, settings, time, loggers.CreateLogger<ChainBootstrap>(), signers);
        using var programs = new ShippedPrograms(
            await ShippedAsync("facilitator", settings.ProgramKeyPath, settings.ProgramPath, cancellationToken),
            await ShippedAsync("node_registry", "", "", cancellationToken),
            await ShippedAsync("payment_splitter", "", "", cancellationToken));
        var grace = TimeSpan.FromSeconds(windows.Value.RefundGraceSeconds);
        var setup = await bootstrap.RunAsync(programs, grace, cancellationToken);
        await FundDemoWalletAsync(bootstrap, settings, cancellationToken);
        Addresses = ChainAddresses.Of(setup, _keys);

        var oracles = new SimulatedOracleQuorum([.. _keys.Oracles], setup.Config.Threshold);
        OracleQuorum(logger, oracles.Description);
        _signals = settings.WsUrl.Length == 0 ? null : new SignatureSocket(new Uri(settings.WsUrl), time, loggers.CreateLogger<SignatureSocket>());
        _escrow = new SolanaEscrow(rpc, setup.Deployment, setup.Config, signers.Relayer, signers.Assigner, oracles, settings, time, loggers, _signals);
        _deposits = new SolanaDeposits(rpc, new PublicKey(setup.Deployment.Program.ToBytes()), setup.Config, signers.Relayer, settings, time);
        _transfers = new SolanaTransferFacilitator(rpc, signers.Relayer, settings, time);
        _tombstones = new SolanaTombstones(rpc, new FacilitatorProgram(new PublicKey(setup.Deployment.Program.ToBytes())), signers.Relayer, settings, time);
        _registry = new SolanaNodeRegistry(rpc, setup.RegistryProgram);
    }

    private static async Task<ShippedProgram> ShippedAsync(string name, string keyPath, string path, CancellationToken cancellationToken) => new(
        KeyFile.Load(ShippedFiles.Find(keyPath, $"programs/keys/{name}-keypair.json")),
        await File.ReadAllBytesAsync(ShippedFiles.Find(path, $"programs/bin/{name}.so"), cancellationToken));

    private static ChainKeys OpenKeys(SolanaOptions settings)
    {
        try
        {
            return ChainKeys.LoadOrCreate(settings.KeysPath, settings.KeyPasswordFile.Length == 0 ? null : EncryptedKeyFile.ReadPassword(settings.KeyPasswordFile));
        }
        catch (Exception e) when (e is FormatException or CryptographicException)
        {
            throw new ChainSetupException(e.Message);
        }
    }

    private ChainSigners OpenSigners(ChainKeys keys, SolanaOptions settings)
    {
        _signers = new HttpClient { Timeout = TimeSpan.FromSeconds(settings.SignerSeconds) };
        try
        {
            return ChainSigners.Of(keys, settings, _signers);
        }
        catch (FormatException e)
        {
            throw new ChainSetupException(e.Message);
        }
    }

    private static async Task RequireOneClusterAsync(RpcPool rpc, CancellationToken cancellationToken)
    {
        try
        {
            await rpc.RequireOneClusterAsync(cancellationToken);
        }
        catch (InvalidOperationException mixed)
        {
            throw new ChainSetupException(mixed.Message);
        }
        catch (RpcTransportException silent)
        {
            throw new IOException($"The chain can't be asked now: {silent.Message}", silent);
        }
    }

    /// <summary>Once: a restart must not make money.</summary>
    private static async Task FundDemoWalletAsync(ChainBootstrap bootstrap, SolanaOptions settings, CancellationToken cancellationToken)
    {
        var done = Path.Combine(settings.KeysPath, "payer.funded");
        if (settings.Network != "localnet" || settings.DemoWalletHyper == 0 || File.Exists(done))
        {
            return;
        }

        using var payer = KeyFile.LoadOrCreate(Path.Combine(settings.KeysPath, "payer.json"));
        var amount = new HyperAmount(checked((ulong)settings.DemoWalletHyper * HyperAmount.UnitsPerHyper));
        await bootstrap.FundWalletAsync(payer.PublicKey, amount, cancellationToken);
        await File.WriteAllTextAsync(done, "", cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (_signals is not null)
        {
            await _signals.DisposeAsync();
        }

        _keys?.Dispose();
        _signers?.Dispose();
        _http.Dispose();
    }

    [LoggerMessage(2401, LogLevel.Warning, "{Description}")]
    private static partial void OracleQuorum(ILogger logger, string description);
}

internal static class ChainComposition
{
    public static IServiceCollection AddSolanaChain(this IServiceCollection services)
    {
        services.AddOptions<SolanaOptions>().BindConfiguration(SolanaOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<SolanaChain>();
        services.AddSingleton<IChainSetup>(p => p.GetRequiredService<SolanaChain>());
        services.AddSingleton(p => p.GetRequiredService<SolanaChain>().Escrow);
        services.AddSingleton(p => p.GetRequiredService<SolanaChain>().Tombstones);
        services.AddSingleton(p => p.GetRequiredService<SolanaChain>().Registry);
        services.AddSingleton<IDeposits>(p => p.GetRequiredService<SolanaChain>().Deposits);
        services.AddSingleton(p => p.GetRequiredService<SolanaChain>().Transfers);
        return services;
    }
}
