using Hypernode.Cli.Adapters;
using Hypernode.Cli.Client;

namespace Hypernode.Cli.Stack;

/// <summary>Everything in one server process: all roles, SQLite, the localnet as its child, agents on an in-process link.</summary>
internal sealed class EmbeddedStack : IStack
{
    private readonly ChildProcess _host;
    private readonly ContainerEngine _engine;
    private readonly TimeProvider _time;

    private EmbeddedStack(ChildProcess host, HostReady ready, ContainerEngine engine, IReadOnlyList<AgentNode> agents, TimeProvider time)
    {
        _host = host;
        Ready = ready;
        _engine = engine;
        Agents = agents;
        _time = time;
    }

    public HostReady Ready { get; }

    public string Image => _engine.Image;

    public IReadOnlyList<AgentNode> Agents { get; }

    public IReadOnlyList<string> Addresses =>
    [
        $"API          {Ready.Url}",
        $"OpenAPI      {Ready.Url}/openapi/v1.json",
        $"Solana RPC   {Ready.Rpc}",
        $"host's log   {_host.LogFile}",
    ];

    public static async Task<EmbeddedStack> StartAsync(
        Repository repository, StackPlan plan, CleanupGuard guard, TimeProvider time, Action<string> say, CancellationToken cancellationToken)
    {
        var engine = await ContainerEngine.StartAsync(repository, plan, guard, say, cancellationToken);
        var agents = plan.Agents.Select(a => AgentNode.LoadOrCreate(a, plan.DataPath, new SystemIds())).ToList();
        var config = Path.Combine(plan.DataPath, "embedded.json");
        HostConfig.Write(config, HostConfig.Embedded(plan, agents, engine.Host, repository.Localnet));
        const string roles = "api,sagas,workers,agents";
        var host = HostProcess.Start(repository, plan.DataPath, config, "host", roles, guard);
        try
        {
            return new EmbeddedStack(host, await HostProcess.WaitAsync(host, plan.DataPath, roles, time, cancellationToken), engine, agents, time);
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    public async Task EnlistAsync(ApiClient api, CancellationToken cancellationToken)
    {
        foreach (var agent in Agents)
        {
            await api.RegisterNodeAsync(agent.Registration(_time.GetUtcNow()), Ready.Network, agent.NodeKey, agent.Authority, cancellationToken);
        }
    }

    public async Task<string> KillAgentAsync(AgentNode agent, CancellationToken cancellationToken)
    {
        using var http = new HttpClient { DefaultRequestHeaders = { { "X-Hypernode-Dev", "1" } } };
        using var answer = await http.PostAsync($"{Ready.Url}/dev/agents/{agent.Plan.Name}/crash", null, cancellationToken);
        answer.EnsureSuccessStatusCode();
        return "simulated-kill";
    }

    public async Task<string> SomethingEndedAsync(CancellationToken cancellationToken)
    {
        await _host.WaitForExitAsync(cancellationToken);
        return $"{_host.Name} (its log: {_host.LogFile})\n{_host.Tail()}";
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        foreach (var agent in Agents)
        {
            agent.Dispose();
        }
    }
}
