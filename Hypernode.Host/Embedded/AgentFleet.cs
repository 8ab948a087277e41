using System.Collections.Concurrent;
using Hypernode.Contracts.Ports;
using Hypernode.NodeAgent;
using Hypernode.NodeAgent.Adapters.Keys;
using Hypernode.NodeAgent.Execution;
using Hypernode.NodeAgent.Leases;
using Hypernode.Solana;
using Microsoft.Extensions.Options;

namespace Hypernode.Host.Embedded;

/// <summary>One agent of the embedded stack: a name for people, and what differs from <c>Hypernode:Agent</c>.</summary>
public sealed class FleetAgentOptions
{
    /// <summary>For people, and for the development routes.</summary>
    public string Name { get; set; } = "node-1";

    /// <summary>As it registers: a lower-case UUID.</summary>
    public string NodeId { get; set; } = "";

    /// <summary>The file with the node's key.</summary>
    public string KeyPath { get; set; } = "";

    /// <summary>The agent's own folder.</summary>
    public string DataPath { get; set; } = "";

    /// <summary>Jobs at a time.</summary>
    public int Slots { get; set; } = 1;

    /// <summary>Honest, or the named simulation.</summary>
    public AgentBehaviour Behaviour { get; set; }
}

/// <summary>Agents in this process, over the in-process link.</summary>
internal sealed partial class AgentFleet(
    IConfiguration configuration,
    IOptions<HostOptions> host,
    InProcessNodes nodes,
    IBlobStore blobs,
    TimeProvider time,
    ILoggerFactory loggers,
    ILogger<AgentFleet> logger) : IHostedService
{
    private readonly ConcurrentDictionary<string, AgentService> _agents = new();

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var entry in configuration.GetSection("Hypernode:Agents").Get<List<FleetAgentOptions>>() ?? [])
        {
            var options = configuration.GetSection(AgentOptions.Section).Get<AgentOptions>() ?? new AgentOptions();
            options.NodeId = entry.NodeId;
            options.DataFolder = entry.DataPath;
            options.KeyFile = entry.KeyPath;
            options.Slots = entry.Slots;
            options.Behaviour = entry.Behaviour;
            RefuseUnsandboxed(options, host.Value);
            var agent = await AgentRegistration.CreateAsync(
                options, nodes.CreateLink(options.Node), new SharedBlobs(blobs), new AccountSigner(KeyFile.Load(entry.KeyPath)), time, loggers, cancellationToken);
            _agents[entry.Name] = agent;
            await agent.StartAsync(cancellationToken);
            Started(logger, entry.Name, entry.NodeId);
        }
    }

    /// <summary>A plain process is no sandbox: only for what this machine's own user submits.</summary>
    /// <exception cref="InvalidOperationException">Strangers could submit to it.</exception>
    internal static void RefuseUnsandboxed(AgentOptions agent, HostOptions host)
    {
        if (agent.Runtime == AgentRuntime.Process && !host.IsLoopback)
        {
            throw new InvalidOperationException($"the process runtime has no sandbox and is refused outside loopback: Hypernode:Host:Url is {host.Url}");
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(_agents.Values.Select(a => a.StopAsync(cancellationToken)));

    /// <summary>SIMULATION: the agent is dropped without clean-up and its containers are killed. False: no agent of that name is up.</summary>
    public async Task<bool> SimulateKillAsync(string name, CancellationToken cancellationToken)
    {
        if (!_agents.TryRemove(name, out var agent))
        {
            return false;
        }

        Killed(logger, name);
        await agent.SimulateMachineDeath(cancellationToken);
        return true;
    }

    [LoggerMessage(2301, LogLevel.Information, "Agent {Name} of node {NodeId} is up")]
    private static partial void Started(ILogger logger, string name, string nodeId);

    [LoggerMessage(2302, LogLevel.Warning, "simulated-kill: agent {Name} is dropped and its containers are killed")]
    private static partial void Killed(ILogger logger, string name);
}
