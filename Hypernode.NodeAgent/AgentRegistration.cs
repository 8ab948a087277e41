using System.ComponentModel.DataAnnotations;
using Hypernode.Contracts.Ports;
using Hypernode.NodeAgent.Adapters.Docker;
using Hypernode.NodeAgent.Adapters.Machine;
using Hypernode.NodeAgent.Adapters.Outputs;
using Hypernode.NodeAgent.Adapters.Processes;
using Hypernode.NodeAgent.Execution;
using Hypernode.NodeAgent.Leases;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Hypernode.NodeAgent;

public static class AgentRegistration
{
    /// <summary>
    /// One agent as a hosted service, with options from <c>Hypernode:Agent</c>. The caller registers an <see cref="IAgentLink"/>,
    /// an <see cref="INodeBlobs"/> and an <see cref="INodeSigner"/>. For several agents in one process see <see cref="CreateAsync"/>.
    /// </summary>
    public static IServiceCollection AddHypernodeNodeAgent(this IServiceCollection services)
    {
        services.AddOptions<AgentOptions>().BindConfiguration(AgentOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddHostedService<HostedAgent>();
        return services;
    }

    /// <summary>An agent that is not started yet, with the runtime and the output quota that the options and this machine give.</summary>
    /// <exception cref="ValidationException">The options contradict each other, or wish for something unsafe without saying so twice.</exception>
    public static async Task<AgentService> CreateAsync(
        AgentOptions options,
        IAgentLink link,
        INodeBlobs blobs,
        INodeSigner signer,
        TimeProvider time,
        ILoggerFactory loggers,
        CancellationToken cancellationToken)
    {
        Validator.ValidateObject(options, new ValidationContext(options), validateAllProperties: true);
        Directory.CreateDirectory(options.DataFolder);
        var outputs = await OutputFolders.DetectAsync(options, cancellationToken);
        return new AgentService(options, link, CreateEngine(options), outputs, blobs, signer, time, loggers.CreateLogger<AgentService>(), new NvidiaSmi(options, time));
    }

    public static IContainerEngine CreateEngine(AgentOptions options) => options.Runtime switch
    {
        AgentRuntime.Docker => new DockerEngine(options),
        _ => new ProcessEngine(Path.Combine(options.DataFolder, "processes")),
    };
}
