using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Microsoft.Extensions.Logging;

namespace Hypernode.Workers.Nodes;

/// <summary>
/// The way to the nodes, for those in good standing. A revoked node's command counts as delivered: its lease is dead, so its job
/// moves on by itself, and a row that stayed would be tried for ever.
/// </summary>
public sealed class WithheldCommands(INodeCommandSender nodes, RevokedNodes revoked, ILogger<WithheldCommands> logger) : INodeCommandSender
{
    public Task EnsureQueueAsync(NodeId node, CancellationToken cancellationToken) => nodes.EnsureQueueAsync(node, cancellationToken);

    public async Task SendAsync(NodeId node, Guid messageId, NodeCommand command, CancellationToken cancellationToken)
    {
        if (await revoked.ContainsAsync(node, cancellationToken))
        {
            WorkerMetrics.CommandsWithheld.Add(1);
            Log.Withheld(logger, node, command.GetType().Name, messageId);
            return;
        }

        await nodes.SendAsync(node, messageId, command, cancellationToken);
    }
}
