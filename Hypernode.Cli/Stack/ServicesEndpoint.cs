using System.Text.Json;
using Hypernode.Cli.Adapters;

namespace Hypernode.Cli.Stack;

/// <summary>The private PostgreSQL and RabbitMQ.</summary>
/// <param name="Management">The management API and UI.</param>
/// <param name="PasswordFile">Holds the broker's password; only we may read it.</param>
/// <param name="BrokerAuth">Where the broker asks about nodes: the API's, with its secret path.</param>
internal sealed record ServicesEndpoint(
    string Postgres, string RabbitMq, string Management, string User, string Password, string PasswordFile, string BrokerAuth)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>As <c>eng/services.sh</c> says it; with the passwords.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Json);

    /// <summary>The broker's address as nodes get it: without credentials.</summary>
    public string NodeBroker => $"amqp://{new Uri(RabbitMq).Authority}/";

    /// <summary>The secret part of <see cref="BrokerAuth"/>.</summary>
    public string BrokerAuthKey => new Uri(BrokerAuth).Segments[^1];

    /// <param name="throwaway">Nobody wants the data afterwards.</param>
    /// <param name="api">Where the API will listen; null: nobody will answer for nodes, so the broker lets none in.</param>
    public static async Task<ServicesEndpoint> StartAsync(
        Repository repository, string dataPath, bool throwaway, Uri? api, CleanupGuard guard, Action<string> say, CancellationToken cancellationToken)
    {
        // By the environment: a command line can be read by everybody.
        var auth = api is null ? null
            : new Dictionary<string, string> { ["HYPERNODE_BROKER_AUTH_URL"] = new Uri(api, $"/broker-auth/{new SystemIds().NewSecret()}").ToString() };
        var script = repository.Script("services.sh");
        guard.Announce($"{Shell.Quote(script)} stop --data {Shell.Quote(dataPath)}{(throwaway ? " --now" : "")}");

        // Announced after the stop, so the guard ends a start that still runs first: it would start what nobody stops any more.
        var answer = await Shell.RunAsync(script, ["start", "--data", dataPath, "--json"], auth, say, cancellationToken, guard);
        return JsonSerializer.Deserialize<ServicesEndpoint>(answer, Json)
            ?? throw new CliException("eng/services.sh did not say where the services are");
    }
}
