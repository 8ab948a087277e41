using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Hypernode.Host.Health;

/// <summary>Can a job be loaded?</summary>
internal sealed class StorageHealth(ISagaJournal journal) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await journal.LoadAsync([new JobId(Guid.Empty)], cancellationToken);
            return HealthCheckResult.Healthy();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return HealthCheckResult.Unhealthy("the database does not answer");
        }
    }
}
