using System.Net;

namespace Hypernode.Host.Embedded;

/// <summary>Development routes of the embedded stack, for callers on this machine only.</summary>
internal static class AgentControl
{
    public static IServiceCollection AddAgentFleet(this IServiceCollection services)
    {
        services.AddSingleton<AgentFleet>();
        return services.AddHostedService(p => p.GetRequiredService<AgentFleet>());
    }

    public static void MapAgentControl(this WebApplication app) =>
        app.MapPost("/dev/agents/{name}/crash", async (string name, AgentFleet fleet, HttpContext context) =>
            context.Connection.RemoteIpAddress is { } address && IPAddress.IsLoopback(address) && await fleet.SimulateKillAsync(name, context.RequestAborted)
                ? Results.Ok(new { simulated = "simulated-kill", agent = name })
                : Results.NotFound()).ExcludeFromDescription();
}
