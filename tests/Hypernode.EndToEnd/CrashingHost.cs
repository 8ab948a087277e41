using System.Net;
using System.Net.Sockets;
using Hypernode.Cli.Adapters;
using Hypernode.Cli.Chain;
using Hypernode.Cli.Client;
using Hypernode.Cli.Stack;
using Hypernode.Contracts.Jobs;
using Hypernode.Solana;

namespace Hypernode.EndToEnd;

/// <summary>An embedded host on a data folder that stays, to be killed and started again: its agents and its chain die with it.</summary>
internal sealed class CrashingHost : IAsyncDisposable
{
    private const string Roles = "api,sagas,workers,agents";
    private readonly Repository _repository;
    private readonly CleanupGuard _guard;
    private readonly string _config;
    private ChildProcess? _process;

    private CrashingHost(Repository repository, CleanupGuard guard, StackPlan plan, string config, string image, IReadOnlyList<AgentNode> agents)
    {
        (_repository, _guard, Plan, _config, Image, Agents) = (repository, guard, plan, config, image, agents);
    }

    public StackPlan Plan { get; }

    public string Image { get; }

    public IReadOnlyList<AgentNode> Agents { get; }

    public HostReady? Ready { get; private set; }

    public bool HasEnded => _process!.HasExited;

    public string LogFile => Path.Combine(Plan.DataPath, "logs", "host.log");

    public Account LoadPayer() => KeyFile.Load(Path.Combine(Plan.DataPath, "keys", "payer.json"));

    public ChainView Chain(HttpClient http)
    {
        using var program = KeyFile.Load(Path.Combine(_repository.Root, "programs", "keys", "facilitator-keypair.json"));
        return new ChainView(new RpcClient(http, new Uri(Ready!.Rpc)), program.PublicKey, Ready.Network);
    }

    public static async Task<CrashingHost> CreateAsync(WorkflowWindows windows, params IReadOnlyList<AgentPlan> agents)
    {
        var repository = Repository.Find();
        var guard = CleanupGuard.Start(repository);
        var data = Directory.CreateTempSubdirectory("hypernode-crash-").FullName;
        guard.Announce($"forget {Shell.Quote(data)} && rm -rf {Shell.Quote(data)}");
        var plan = new StackPlan(data, Services: false, JobRuntime.Docker, windows, IntentLifetimeSeconds: null, agents, SlotMs: 200, Url: $"http://127.0.0.1:{FreePort()}");
        var engine = await ContainerEngine.StartAsync(repository, plan, guard, static _ => { }, CancellationToken.None);
        var nodes = agents.Select(a => AgentNode.LoadOrCreate(a, data, new SystemIds())).ToList();
        var config = Path.Combine(data, "embedded.json");
        HostConfig.Write(config, HostConfig.Embedded(plan, nodes, engine.Host, repository.Localnet));
        return new CrashingHost(repository, guard, plan, config, engine.Image, nodes);
    }

    public void Start() => _process = HostProcess.Start(_repository, Plan.DataPath, _config, "host", Roles, _guard);

    public async Task WaitUntilReadyAsync() =>
        Ready = await HostProcess.WaitAsync(_process!, Plan.DataPath, Roles, TimeProvider.System, CancellationToken.None);

    /// <summary>kill -9. The localnet, its child, goes with it.</summary>
    public async Task KillAsync()
    {
        _process!.HasExited.ShouldBeFalse($"the host ended by itself:\n{_process.Tail()}");
        await _process.KillAsync();
        await _process.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }

        foreach (var agent in Agents)
        {
            agent.Dispose();
        }

        await _guard.DisposeAsync();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
