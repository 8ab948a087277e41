using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Ports;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Hypernode.Host.Health;

/// <summary>Does the chain answer?</summary>
internal sealed class ChainHealth(IEscrow escrow) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await escrow.FindAsync(new IntentId(Guid.Empty), cancellationToken);
            return HealthCheckResult.Healthy();
        }
        catch (IOException)
        {
            return HealthCheckResult.Unhealthy("the chain does not answer");
        }
    }
}
