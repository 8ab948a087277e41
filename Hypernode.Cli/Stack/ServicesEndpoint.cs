using System.Text.Json;
using Hypernode.Cli.Adapters;

namespace Hypernode.Cli.Stack;

/// <summary>The private PostgreSQL and RabbitMQ.</summary>
/// <param name="Management">The management API and UI.</param>
internal sealed record ServicesEndpoint(string Postgres, string RabbitMq, string Management, string User, string Password)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public static async Task<ServicesEndpoint> StartAsync(
        Repository repository, StackPlan plan, CleanupGuard guard, Action<string> say, CancellationToken cancellationToken)
    {
        var script = repository.Script("services.sh");
        guard.Announce($"{Shell.Quote(script)} stop --data {Shell.Quote(plan.DataPath)}{(plan.Throwaway ? " --now" : "")}");
        var answer = await Shell.RunAsync(script, ["start", "--data", plan.DataPath, "--json"], null, say, cancellationToken);
        return JsonSerializer.Deserialize<ServicesEndpoint>(answer, Json)
            ?? throw new CliException("eng/services.sh did not say where the services are");
    }
}
