using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Microsoft.Extensions.Logging;

namespace Hypernode.Workers.Nodes;

/// <summary>
/// Carries the registry's sentences into the directory: who is jailed, slashed or retired on chain is so here, and who is free
/// there again is free here, if it was the chain's word. A node that the registry does not know, or knows under other keys, keeps
/// its standing: anybody may register any id there, but not with somebody else's node key.
/// </summary>
public sealed class RegistrySweep(
    INodeRegistry registry, INodeDirectory nodes, INodeStandings standings, IEnumerable<ConnectionSweep> connections, TimeProvider time, ILogger<RegistrySweep> logger)
{
    /// <returns>How many standings changed.</returns>
    public async Task<int> RunOnceAsync(CancellationToken cancellationToken)
    {
        var entries = await registry.ListAsync(cancellationToken);
        if (entries.Count == 0)
        {
            return 0;
        }

        var known = (await nodes.ListAsync(cancellationToken)).ToDictionary(n => n.Id);
        var byChain = (await standings.RevokedAsync(cancellationToken)).Where(r => r.By == RevokedBy.Chain).ToDictionary(r => r.NodeId);
        var (revoked, restored) = (0, 0);
        foreach (var entry in entries)
        {
            if (!known.TryGetValue(entry.NodeId, out var node) || (node.NodeKey, node.Authority) != (entry.NodeKey, entry.Authority))
            {
                continue;
            }

            if (entry.Status.IsRevoked())
            {
                revoked += node.Status != entry.Status && await RevokeAsync(entry, cancellationToken) ? 1 : 0;
            }
            else if (byChain.ContainsKey(entry.NodeId) && await standings.RestoreAsync(entry.NodeId, RevokedBy.Chain, cancellationToken))
            {
                Log.StatusChanged(logger, entry.NodeId, NodeStatus.Offline);
                restored++;
            }
        }

        // At once; what is opened again within the broker's memory, the sweep itself finds.
        foreach (var sweep in revoked > 0 ? connections : [])
        {
            await sweep.RunOnceAsync(cancellationToken);
        }

        return revoked + restored;
    }

    private async Task<bool> RevokeAsync(RegistryEntry entry, CancellationToken cancellationToken)
    {
        var changed = await standings.RevokeAsync(
            entry.NodeId, entry.Status, RevokedBy.Chain, $"the registry says {entry.Status}", time.GetUtcNow(), cancellationToken);
        if (changed)
        {
            Log.StatusChanged(logger, entry.NodeId, entry.Status);
        }

        return changed;
    }
}
