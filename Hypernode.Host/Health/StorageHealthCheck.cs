using Hypernode.Contracts.Ports;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Hypernode.Host.Health;

/// <summary>Can the storage take a write? A slow one still carries the jobs that are there, but no new ones.</summary>
internal sealed class StorageHealthCheck(IStorageWatch watch) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var health = watch.Current;
        var shown = new Dictionary<string, object> { [ReadyAnswer.Reason] = health.Reason };
        return Task.FromResult(health.Condition switch
        {
            StorageCondition.Ok => HealthCheckResult.Healthy(),
            StorageCondition.Slow => HealthCheckResult.Degraded(data: shown),
            _ => HealthCheckResult.Unhealthy(data: shown),
        });
    }
}
