using Hypernode.Contracts.Ports;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Hypernode.Host.Health;

/// <summary>Can inputs and results be reached? Jobs without files go on where they can't; those with files are refused or wait.</summary>
internal sealed class BlobHealthCheck(IBlobProbe blobs) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var health = await blobs.ProbeAsync(cancellationToken);
        return health.Condition == StorageCondition.Ok
            ? HealthCheckResult.Healthy()
            : HealthCheckResult.Unhealthy(data: new Dictionary<string, object> { [ReadyAnswer.Reason] = health.Reason });
    }
}
