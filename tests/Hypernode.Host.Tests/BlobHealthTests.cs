using Hypernode.Contracts.Ports;
using Hypernode.Host.Health;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Hypernode.Host.Tests;

public sealed class BlobHealthTests
{
    [Fact]
    public async Task A_bucket_that_can_not_be_reached_is_told_of_with_the_reason()
    {
        (await AskAsync(new StorageHealth(StorageCondition.Ok, "", TimeSpan.Zero))).Status.ShouldBe(HealthStatus.Healthy);

        var result = await AskAsync(new StorageHealth(StorageCondition.Unreachable, "the bucket's server refuses our key", TimeSpan.Zero));

        result.Status.ShouldBe(HealthStatus.Unhealthy);
        result.Data["reason"].ShouldBe("the bucket's server refuses our key");
    }

    private static Task<HealthCheckResult> AskAsync(StorageHealth health) => new BlobHealthCheck(new Fixed(health)).CheckHealthAsync(new HealthCheckContext());

    private sealed class Fixed(StorageHealth health) : IBlobProbe
    {
        public Task<StorageHealth> ProbeAsync(CancellationToken cancellationToken) => Task.FromResult(health);
    }
}
