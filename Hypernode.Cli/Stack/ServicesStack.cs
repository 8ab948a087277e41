using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Hypernode.Cli.Adapters;
using Hypernode.Cli.Client;

namespace Hypernode.Cli.Stack;

/// <summary>Each role a process, each agent a process, over RabbitMQ and PostgreSQL; the localnet is a process too.</summary>
internal sealed class ServicesStack : IStack
{
    private const string ApiConfig = "services.json";
    private const string InnerConfig = "services-inner.json";
    private static readonly string[] Roles = ["api", "sagas", "workers"];

    private readonly StackPlan _plan;
    private readonly Repository _repository;
    private readonly CleanupGuard _guard;
    private readonly TimeProvider _time;
    private readonly ServicesEndpoint _services;
    private readonly ContainerEngine _engine;
    private readonly List<ChildProcess> _processes;
    private readonly ConcurrentDictionary<string, ChildProcess> _agentProcesses = [];

    private ServicesStack(
        StackPlan plan,
        Repository repository,
        CleanupGuard guard,
        TimeProvider time,
        ServicesEndpoint services,
        ContainerEngine engine,
        List<ChildProcess> processes,
        HostReady ready)
    {
        (_plan, _repository, _guard, _time, _services, _engine, _processes) = (plan, repository, guard, time, services, engine, processes);
        Ready = ready;
        Agents = plan.Agents.Select(a => AgentNode.LoadOrCreate(a, plan.DataPath, new SystemIds())).ToList();
    }

    public HostReady Ready { get; }

    public string Image => _engine.Image;

    public string? EngineHost => _engine.Host;

    public IReadOnlyList<AgentNode> Agents { get; }

    public IReadOnlyList<string> Addresses =>
    [
        $"API          {Ready.Url}",
        $"OpenAPI      {Ready.Url}/openapi/v1.json",
        $"Solana RPC   {Ready.Rpc}",
        $"RabbitMQ UI  {_services.Management}  (user {_services.User}, password in {_services.PasswordFile})",
        $"logs         {Path.Combine(_plan.DataPath, "logs")}",
    ];

    public static async Task<ServicesStack> StartAsync(
        Repository repository, StackPlan plan, CleanupGuard guard, TimeProvider time, Action<string> say, CancellationToken cancellationToken)
    {
        plan = plan with { Url = WithPort(plan.Url) };
        using var starting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var services = ServicesEndpoint.StartAsync(repository, plan.DataPath, plan.Throwaway, AsTheBrokerSees(plan.Url), guard, say, starting.Token);
        var processes = new List<ChildProcess>();
        try
        {
            var engine = await ContainerEngine.StartAsync(repository, plan, guard, say, cancellationToken);
            var logs = Path.Combine(plan.DataPath, "logs");
            var localnet = ChildProcess.Start("localnet", logs, guard, "node",
                [repository.Localnet, "--port", "0", "--data", Path.Combine(plan.DataPath, "ledger"), "--slot-ms", plan.SlotMs.ToString(), "--until-stdin-closes"]);
            processes.Add(localnet);
            var chain = JsonNode.Parse(await FirstLineAsync(localnet, time, cancellationToken))!;
            var config = Path.Combine(plan.DataPath, ApiConfig);
            var (rpc, ws) = (chain["rpc"]!.GetValue<string>(), chain["ws"]!.GetValue<string>());
            HostConfig.Write(config, HostConfig.Api(plan, await services, rpc, ws));

            // The others' only routes are their health, wherever there is room for them.
            var inner = Path.Combine(plan.DataPath, InnerConfig);
            HostConfig.Write(inner, HostConfig.Services(plan with { Url = "http://127.0.0.1:0" }, await services, rpc, ws));

            // Schema, keys, programs and accounts first: the roles start together and must not race for them.
            say("bootstrapping schema, keys, programs and accounts");
            await Shell.RunAsync("dotnet", [repository.HostProgram, "bootstrap", "--config", config], null, static _ => { }, cancellationToken);
            var hosts = StartHosts(repository, plan.DataPath, guard);
            processes.AddRange(hosts);
            var ready = await Task.WhenAll(hosts.Zip(Roles, (host, role) => HostProcess.WaitAsync(host, plan.DataPath, role, time, cancellationToken)));
            return new ServicesStack(plan, repository, guard, time, await services, engine, processes, ready[0]);
        }
        catch
        {
            // The guard ends its script; here it is only waited for, so that it says nothing when we are gone.
            await starting.CancelAsync();
            await ((Task)services).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            foreach (var process in Enumerable.Reverse(processes))
            {
                await process.DisposeAsync();
            }

            throw;
        }
    }

    private static List<ChildProcess> StartHosts(Repository repository, string data, CleanupGuard guard) =>
        [.. Roles.Select(r => HostProcess.Start(repository, data, Path.Combine(data, r == "api" ? ApiConfig : InnerConfig), r, r, guard))];

    /// <summary>The broker must know where the API is before either of them runs.</summary>
    private static string WithPort(string url) =>
        new Uri(url) is { Port: 0 } any ? new UriBuilder(any) { Port = Ports.Free() }.Uri.GetLeftPart(UriPartial.Authority) : url;

    /// <summary>On this machine, too: an API that listens everywhere listens on loopback.</summary>
    private static Uri AsTheBrokerSees(string url)
    {
        var api = new Uri(url);
        return api.Host is "0.0.0.0" or "[::]" ? new UriBuilder(api) { Host = "127.0.0.1" }.Uri : api;
    }

    private static async Task<string> FirstLineAsync(ChildProcess process, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            return await process.FirstLine.WaitAsync(TimeSpan.FromSeconds(60), time, cancellationToken);
        }
        catch (TimeoutException e)
        {
            throw new CliException($"the {process.Name} was not ready within a minute; its log is {process.LogFile}", e);
        }
    }

    public async Task EnlistAsync(ApiClient api, CancellationToken cancellationToken)
    {
        foreach (var agent in Agents)
        {
            // As a stranger's: registration makes the node's queue, which the agent itself may not, and names the broker.
            var registered = await api.RegisterNodeAsync(agent.Registration(_time.GetUtcNow()), Ready.Network, agent.NodeKey, agent.Authority, cancellationToken);
            var broker = registered.Broker ?? throw new CliException("the API names no broker for nodes");
            var config = Path.Combine(agent.Folder, "agent.json");
            HostConfig.Write(config, HostConfig.Agent(_plan, agent, Ready.Url, broker, Ready.Network, _engine.Host));
            _agentProcesses[agent.Plan.Name] = ChildProcess.Start(
                agent.Plan.Name, Path.Combine(_plan.DataPath, "logs"), _guard, "dotnet", [_repository.AgentProgram, "--config", config]);
        }
    }

    /// <summary>Of an agent that runs.</summary>
    public int ProcessOf(AgentNode agent) => _agentProcesses[agent.Plan.Name].Id;

    /// <summary>SIGKILL for every role at once: the control plane is away.</summary>
    public async Task KillHostsAsync()
    {
        await Task.WhenAll(_processes.Skip(1).Select(p => p.KillAsync()));
        foreach (var host in _processes.Skip(1))
        {
            await host.DisposeAsync();
        }

        _processes.RemoveRange(1, _processes.Count - 1);
    }

    /// <summary>The same roles on the same data, at the same address.</summary>
    public async Task StartHostsAsync(CancellationToken cancellationToken)
    {
        var hosts = StartHosts(_repository, _plan.DataPath, _guard);
        _processes.AddRange(hosts);
        await Task.WhenAll(hosts.Zip(Roles, (host, role) => HostProcess.WaitAsync(host, _plan.DataPath, role, _time, cancellationToken)));
    }

    /// <summary>Database and broker, those of the two that have died, where they were.</summary>
    public Task StartServicesAsync(CancellationToken cancellationToken) => Shell.RunAsync(
        _repository.Script("services.sh"), ["start", "--data", _plan.DataPath, "--json"],
        new Dictionary<string, string> { ["HYPERNODE_BROKER_AUTH_URL"] = _services.BrokerAuth }, static _ => { }, cancellationToken);

    public async Task<string> KillAgentAsync(AgentNode agent, CancellationToken cancellationToken)
    {
        _agentProcesses.TryRemove(agent.Plan.Name, out var process);
        await process!.KillAsync();
        return "SIGKILL";
    }

    public async Task<string> SomethingEndedAsync(CancellationToken cancellationToken)
    {
        // Agents come later than the hosts, and one that a scenario kills is not looked at any more.
        ChildProcess? ended;
        while ((ended = _processes.Concat(_agentProcesses.Values).FirstOrDefault(p => p.HasExited)) is null)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(200), _time, cancellationToken);
        }

        return $"{ended.Name} (its log: {ended.LogFile})\n{ended.Tail()}";
    }

    public async ValueTask DisposeAsync()
    {
        // Hosts before the localnet that they use; the agents are ended by the guard.
        await Task.WhenAll(_processes.Skip(1).Select(p => p.DisposeAsync().AsTask()));
        await _processes[0].DisposeAsync();

        foreach (var agent in Agents)
        {
            agent.Dispose();
        }
    }
}
