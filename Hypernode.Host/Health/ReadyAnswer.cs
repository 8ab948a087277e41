using Hypernode.Contracts.Text;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Hypernode.Host.Health;

/// <summary>/health/ready of a host without the API: the same form as with it.</summary>
internal static class ReadyAnswer
{
    /// <summary>The name under which a check puts what is fit to be shown, in its data.</summary>
    public const string Reason = "reason";

    public static Task WriteAsync(HttpContext context, HealthReport report) => context.Response.WriteAsJsonAsync(
        new
        {
            Status = Word(report.Status),
            Checks = report.Entries.OrderBy(e => e.Key, StringComparer.Ordinal)
                .Select(e => new { Name = e.Key, Status = Word(e.Value.Status), Reason = e.Value.Data.GetValueOrDefault(Reason) as string }),
        },
        ContractJson.Options,
        context.RequestAborted);

    private static string Word(HealthStatus status) => status.ToString().ToLowerInvariant();
}
