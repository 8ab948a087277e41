using System.Text.Json;
using System.Net.Http.Json;
using Hypernode.Bench.Running;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;
using Hypernode.Solana;
using Hypernode.Solana.Facilitator;
using Hypernode.Workers.Adapters.Solana;

namespace Hypernode.Bench.Settlement;

/// <summary>A localnet that <c>hn bench settle</c> has set up: its keys, a payer with HYPER, and nodes that can be paid.</summary>
internal sealed class SettleWorld : IDisposable
{
    public const string Variable = "HYPERNODE_BENCH_LOCALNET";
    public const ulong Amount = 10_000;
    public const ulong Charge = 7_777;

    private const int NodeCount = 8;
    private const uint Attempt = 1;
    private const long HourSeconds = 3_600;

    private readonly HttpClient _http = new(new SocketsHttpHandler { MaxConnectionsPerServer = 64 }) { Timeout = Timeout.InfiniteTimeSpan };
    private readonly string _address;
    private readonly ChainKeys _keys;
    private readonly FacilitatorProgram _program;
    private readonly Account _payer;

    private SettleWorld(string rpc, string keys, string program)
    {
        _address = rpc;
        Rpc = new RpcClient(_http, new Uri(rpc), new RpcClientOptions { Timeout = TimeSpan.FromSeconds(30), GatherStatuses = TimeSpan.FromMilliseconds(10), GatherCalls = TimeSpan.FromMilliseconds(5) });
        Sender = new TransactionSender(Rpc, new ConfirmationTracker(Rpc, TimeProvider.System, new ConfirmationOptions { PollInterval = TimeSpan.FromMilliseconds(400) }));
        _keys = ChainKeys.LoadOrCreate(keys);
        _program = new FacilitatorProgram(new PublicKey(program));
        _payer = KeyFile.Load(Path.Combine(keys, "payer.json"));
        Nodes = [.. Enumerable.Range(0, NodeCount).Select(_ => new Account())];
    }

    public IRpcClient Rpc { get; }

    public TransactionSender Sender { get; }

    public FacilitatorConfig Config { get; private set; } = null!;

    /// <summary>The product's own way to the chain, with its defaults.</summary>
    public IEscrow Escrow(SolanaOptions options) => new SolanaEscrow(
        Rpc,
        new Deployment("localnet", Hash256.FromBytes(Config.Cluster), WalletAddress.FromBytes(_program.ProgramIdKey.AsSpan()), WalletAddress.FromBytes(Config.Mint.AsSpan())),
        Config, _keys.Relayer, _keys.Assigner, new SimulatedOracleQuorum(_keys.Oracles, Config.Threshold), options, TimeProvider.System);

    public IReadOnlyList<Account> Nodes { get; }

    public PublicKey PayerToken => FacilitatorProgram.TokenAccountOf(_payer.PublicKey, Config.Mint);

    private Account Relayer => _keys.Relayer;

    /// <exception cref="BenchException">there is no localnet, or none that was set up</exception>
    public static async Task<SettleWorld> OpenAsync()
    {
        var text = Environment.GetEnvironmentVariable(Variable) ?? throw new BenchException($"start it as hn bench settle: {Variable} is missing");
        var localnet = JsonSerializer.Deserialize<JsonElement>(text);
        var world = new SettleWorld(
            localnet.GetProperty("rpc").GetString()!, localnet.GetProperty("keys").GetString()!, localnet.GetProperty("programs").GetProperty("facilitator").GetString()!);
        world.Config = await new FacilitatorReader(world.Rpc, world._program).GetConfigAsync() ?? throw new BenchException("the localnet has no Config");
        foreach (var node in world.Nodes)
        {
            Require(await world.Sender.SendAsync(
                [AssociatedTokenAccountProgram.CreateAssociatedTokenAccount(world.Relayer.PublicKey, node.PublicKey, world.Config.Mint)], world.Relayer));
        }

        return world;
    }

    /// <summary>A payment that waits for its settlement: locked by the payer and assigned, in one transaction. Its job has the same id.</summary>
    public async Task<Guid> FundAsync(LatestBlockHash blockhash, int node)
    {
        var intent = Guid.NewGuid();
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var transaction = new TransactionBuilder().SetFeePayer(Relayer.PublicKey).SetRecentBlockHash(blockhash.Blockhash)
            .AddInstruction(_program.AuthorizePayment(new PaymentTerms(intent, intent, Amount, now + HourSeconds, now + 2 * HourSeconds), _payer.PublicKey, Relayer.PublicKey, Config.Mint))
            .AddInstruction(_program.AssignNode(intent, Attempt, Nodes[node % NodeCount].PublicKey, _keys.Assigner.PublicKey))
            .Build(Relayer, _payer, _keys.Assigner);
        Require(await Sender.SendAsync(transaction, blockhash.LastValidBlockHeight));
        return intent;
    }

    /// <summary>Built and signed: three oracles and the fee payer.</summary>
    public Transaction Settlement(Guid intent, int node, LatestBlockHash blockhash)
    {
        var hash = intent.ToByteArray(bigEndian: true);
        var payee = Nodes[node % NodeCount].PublicKey;
        var proof = new UsageProof(intent, Attempt, payee, ProofVerdict.Succeeded, Charge, [.. hash, .. hash], [.. hash, .. hash], DateTimeOffset.UtcNow.ToUnixTimeSeconds() + HourSeconds);
        var digest = proof.Digest(Config.Cluster, _program.ProgramIdKey);
        return new TransactionBuilder().SetFeePayer(Relayer.PublicKey).SetRecentBlockHash(blockhash.Blockhash)
            .AddInstructions(_program.SubmitUsageProof(
                proof, Config, FacilitatorProgram.TokenAccountOf(payee, Config.Mint), PayerToken, Relayer.PublicKey,
                [.. _keys.Oracles.Take(Config.Threshold).Select(o => (o.PublicKey, o.Sign(digest)))]))
            .Build(Relayer);
    }

    /// <summary>Sets what goes wrong, and says what has gone wrong so far.</summary>
    public async Task<JsonElement> FaultsAsync(object wanted)
    {
        using var response = await _http.PostAsJsonAsync(_address, new { jsonrpc = "2.0", id = 1, method = "localnet_faults", @params = new[] { wanted } });
        return (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("result");
    }

    /// <summary>What each of them has: nodes in order, protocol, platform, payer.</summary>
    public async Task<ulong[]> BalancesAsync()
    {
        PublicKey[] accounts = [.. Nodes.Select(n => FacilitatorProgram.TokenAccountOf(n.PublicKey, Config.Mint)), Config.ProtocolVault, Config.PlatformVault, PayerToken];
        return [.. (await Rpc.GetMultipleAccountsAsync(accounts)).Select(account => TokenAccount.From(account)?.Amount ?? 0)];
    }

    /// <summary>All that was ever paid to nodes, protocol and platform, in base units.</summary>
    public async Task<ulong> PaidAsync() => (await BalancesAsync())[..^1].Aggregate(0ul, (sum, held) => checked(sum + held));

    public static void Require(ConfirmationResult result)
    {
        if (!result.Happened)
        {
            throw new BenchException($"a transaction did not happen: {(result is ConfirmationResult.Failed failed ? failed.Error : result)}");
        }
    }

    public void Dispose()
    {
        _keys.Dispose();
        _payer.Dispose();
        _http.Dispose();
    }
}
