using Hypernode.Contracts.Ports;
using Microsoft.Extensions.Logging;

namespace Hypernode.Workers.Nodes;

/// <summary>
/// Closes what revoked nodes have open at the broker. A connection outlives the permission that let it in, and the broker's memory
/// of an answer lets a revoked node in again for seconds: so this looks at what is open again and again, and a crash between the
/// sentence and the closing loses nothing.
/// </summary>
public sealed class ConnectionSweep(INodeStandings standings, INodeConnections connections, ILogger<ConnectionSweep> logger)
{
    /// <returns>How many were closed.</returns>
    public async Task<int> RunOnceAsync(CancellationToken cancellationToken)
    {
        // In this order: who is revoked while we look is in the second answer.
        var open = await connections.ListAsync(cancellationToken);
        if (open.Count == 0)
        {
            return 0;
        }

        var revoked = (await standings.RevokedAsync(cancellationToken)).ToDictionary(r => r.NodeId);
        var closed = 0;
        foreach (var connection in open)
        {
            if (revoked.TryGetValue(connection.NodeId, out var revocation))
            {
                await connections.CloseAsync(connection, $"the node is {revocation.Status.ToString().ToLowerInvariant()}", cancellationToken);
                Log.ConnectionClosed(logger, connection.NodeId, revocation.Status);
                closed++;
            }
        }

        return closed;
    }
}
