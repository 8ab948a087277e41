using Hypernode.Api.Http;
using Hypernode.Api.OpenApi;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Hypernode.Api.Health;

/// <summary>Live: the process answers. Ready: what it leans on answers too. Names, statuses, and reasons that are fit to be shown: details are for the log.</summary>
internal static class HealthEndpoints
{
    /// <summary>What a check puts under this name in its data is fit to be shown; its description and exception are not.</summary>
    private const string Reason = "reason";

    public static void MapHealth(this IEndpointRouteBuilder app)
    {
        var health = app.MapGroup("/health").WithTags("Health");
        health.MapGet("/live", () => ApiJson.Answer(new HealthAnswer("healthy", [])))
            .Answers<HealthAnswer>(200)
            .WithSummary("The process answers.");
        health.MapGet("/ready", ReadyAsync)
            .Answers<HealthAnswer>(200)
            .Answers<HealthAnswer>(503)
            .WithSummary("The process and everything that it needs answer.");
    }

    private static async Task<IResult> ReadyAsync(HealthCheckService checks, CancellationToken cancellationToken)
    {
        var report = await checks.CheckHealthAsync(cancellationToken);
        return ApiJson.Answer(
            new HealthAnswer(
                Word(report.Status),
                [.. report.Entries.OrderBy(e => e.Key, StringComparer.Ordinal).Select(e => new HealthCheckAnswer(e.Key, Word(e.Value.Status), e.Value.Data.GetValueOrDefault(Reason) as string))]),
            report.Status == HealthStatus.Unhealthy ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK);
    }

    private static string Word(HealthStatus status) => status.ToString().ToLowerInvariant();
}

/// <param name="Status"><c>healthy</c>, <c>degraded</c> or <c>unhealthy</c>.</param>
public sealed record HealthAnswer(string Status, IReadOnlyList<HealthCheckAnswer> Checks);

/// <param name="Reason">Why it is not healthy.</param>
public sealed record HealthCheckAnswer(string Name, string Status, string? Reason);
