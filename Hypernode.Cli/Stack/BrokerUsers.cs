using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Topology;

namespace Hypernode.Cli.Stack;

/// <summary>
/// A node's own credentials at the broker: it may read its own queue and write to one exchange under its own routing key,
/// nothing else, and declare nothing.
/// </summary>
internal sealed class BrokerUsers(ServicesEndpoint services) : IDisposable
{
    private readonly HttpClient _http = new()
    {
        BaseAddress = new Uri(services.Management),
        DefaultRequestHeaders =
        {
            Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{services.User}:{services.Password}"))),
        },
    };

    /// <returns>The uri that the agent connects with.</returns>
    public async Task<string> CreateAsync(NodeId node, string password, CancellationToken cancellationToken)
    {
        var user = Queues.Node(node);
        var own = $"^{user.Replace(".", "\\.", StringComparison.Ordinal)}";
        await PutAsync($"/api/users/{user}", new { password, tags = "" }, cancellationToken);
        await PutAsync(
            $"/api/permissions/%2F/{user}",
            new { configure = "^$", write = $"^{Queues.NodesIngress.Replace(".", "\\.", StringComparison.Ordinal)}$", read = $"{own}$" },
            cancellationToken);
        await PutAsync(
            $"/api/topic-permissions/%2F/{user}",
            new { exchange = Queues.NodesIngress, write = $"{own}(\\..*)?$", read = "^$" },
            cancellationToken);
        var broker = new Uri(services.RabbitMq);
        return $"amqp://{user}:{Uri.EscapeDataString(password)}@{broker.Host}:{broker.Port}/";
    }

    public void Dispose() => _http.Dispose();

    private async Task PutAsync(string route, object body, CancellationToken cancellationToken)
    {
        // The broker's HTTP server wants a length.
        using var content = JsonContent.Create(body);
        await content.LoadIntoBufferAsync(cancellationToken);
        using var answer = await _http.PutAsync(route, content, cancellationToken);
        if (!answer.IsSuccessStatusCode)
        {
            throw new CliException($"the broker refused {route}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(cancellationToken)}");
        }
    }
}
