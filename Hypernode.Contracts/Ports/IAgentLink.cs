using Hypernode.Contracts.Nodes;

namespace Hypernode.Contracts.Ports;

/// <summary>An agent's link to the control plane: the plain RabbitMQ client on pre-declared objects, or in process.</summary>
public interface IAgentLink : IAsyncDisposable
{
    /// <summary>
    /// Commands in order, at least once. Each is acknowledged when the handler has returned: the agent journals in it, and runs elsewhere.
    /// </summary>
    Task ListenAsync(Func<NodeCommand, CancellationToken, Task> handle, CancellationToken cancellationToken);

    /// <summary>Completes when the control plane has it durably; throws when it can't be had now (the agent keeps it and tries again).</summary>
    Task SendAsync(NodeMessage message, CancellationToken cancellationToken);
}
