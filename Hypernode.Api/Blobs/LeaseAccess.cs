using System.Globalization;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;

namespace Hypernode.Api.Blobs;

/// <summary>A live lease, and the job that it is about.</summary>
internal sealed record HeldLease(JobId JobId, int Attempt, JobSpec Spec);

/// <summary>Which lease a caller holds: it signed in with the key of the node that the saga gave the job to, and the lease is live.</summary>
internal sealed class LeaseAccess(INodeDirectory nodes, IJobReader jobs)
{
    /// <returns>Null: it holds none such. Why not is nobody's business: a stranger would learn of jobs.</returns>
    public async Task<HeldLease?> FindAsync(WalletAddress caller, string? job, string? attempt, CancellationToken cancellationToken)
    {
        if (!JobId.TryParse(job, null, out var id) || !int.TryParse(attempt, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return null;
        }

        return await nodes.FindLeaseAsync(id, number, cancellationToken) is { Live: true } lease
            && await nodes.FindAsync(lease.NodeId, cancellationToken) is { } node
            && node.NodeKey == caller
            && await jobs.FindAsync(id, cancellationToken) is { } view
            ? new HeldLease(id, number, view.Spec)
            : null;
    }
}
