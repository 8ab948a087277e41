using System.Text.Json;
using Hypernode.Cli.Adapters;

namespace Hypernode.Cli.Stack;

/// <summary>The private PostgreSQL and RabbitMQ.</summary>
/// <param name="Management">The management API and UI.</param>
/// <param name="PasswordFile">Holds the broker's password; only we may read it.</param>
internal sealed record ServicesEndpoint(string Postgres, string RabbitMq, string Management, string User, string Password, string PasswordFile)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>As <c>eng/services.sh</c> says it; with the passwords.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Json);

    /// <param name="throwaway">Nobody wants the data afterwards.</param>
    public static async Task<ServicesEndpoint> StartAsync(
        Repository repository, string dataPath, bool throwaway, CleanupGuard guard, Action<string> say, CancellationToken cancellationToken)
    {
        var script = repository.Script("services.sh");
        guard.Announce($"{Shell.Quote(script)} stop --data {Shell.Quote(dataPath)}{(throwaway ? " --now" : "")}");

        // Announced after the stop, so the guard ends a start that still runs first: it would start what nobody stops any more.
        var answer = await Shell.RunAsync(script, ["start", "--data", dataPath, "--json"], null, say, cancellationToken, guard);
        return JsonSerializer.Deserialize<ServicesEndpoint>(answer, Json)
            ?? throw new CliException("eng/services.sh did not say where the services are");
    }
}
