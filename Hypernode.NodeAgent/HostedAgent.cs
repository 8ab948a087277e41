using Hypernode.Contracts.Ports;
using Hypernode.NodeAgent.Execution;
using Hypernode.NodeAgent.Leases;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Hypernode.NodeAgent;

/// <summary>The one agent of a process: made when the host starts, since finding out what the machine can do takes a moment.</summary>
internal sealed class HostedAgent(
    IOptions<AgentOptions> options,
    IAgentLink link,
    INodeBlobs blobs,
    INodeSigner signer,
    TimeProvider time,
    ILoggerFactory loggers) : IHostedService, IAsyncDisposable
{
    private AgentService? _agent;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _agent = await AgentRegistration.CreateAsync(options.Value, link, blobs, signer, time, loggers, cancellationToken);
        await _agent.StartAsync(cancellationToken);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_agent is not null)
        {
            await _agent.StopAsync(cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_agent is not null)
        {
            await _agent.DisposeAsync();
        }
    }
}
