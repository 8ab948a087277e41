using System.Net;

namespace Hypernode.Host.Embedded;

/// <summary>Development routes of the embedded stack, for callers on this machine only.</summary>
internal static class AgentControl
{
    /// <summary>Demanded, so that no web page in a developer's browser can call these routes without asking first.</summary>
    public const string Header = "X-Hypernode-Dev";

    public static IServiceCollection AddAgentFleet(this IServiceCollection services)
    {
        services.AddSingleton<AgentFleet>();
        return services.AddHostedService(p => p.GetRequiredService<AgentFleet>());
    }

    public static void MapAgentControl(this WebApplication app) =>
        app.MapPost("/dev/agents/{name}/crash", async (string name, AgentFleet fleet, HttpContext context) =>
            context.Request.Headers.ContainsKey(Header) && context.Connection.RemoteIpAddress is { } address && IPAddress.IsLoopback(address) && await fleet.SimulateKillAsync(name, context.RequestAborted)
                ? Results.Ok(new { simulated = "simulated-kill", agent = name })
                : Results.NotFound()).ExcludeFromDescription();
}
