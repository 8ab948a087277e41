using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Microsoft.Extensions.Options;

namespace Hypernode.Host.Messaging.Adapters.RabbitMq;

/// <summary>Nodes' open connections, by the broker's management API; with the hosts' own user, which must be an administrator.</summary>
internal sealed class RabbitMqNodeConnections : INodeConnections, IDisposable
{
    private readonly HttpClient _http;
    private readonly string _virtualHost;

    public RabbitMqNodeConnections(IOptions<RabbitMqOptions> options)
    {
        var broker = options.Value;
        _http = new HttpClient
        {
            BaseAddress = new Uri($"{broker.ManagementUri.TrimEnd('/')}/"),
            Timeout = TimeSpan.FromSeconds(20),
            DefaultRequestHeaders =
            {
                Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{broker.UserName}:{broker.Password}"))),
            },
        };
        var path = Uri.UnescapeDataString(broker.Address.AbsolutePath.TrimStart('/'));
        _virtualHost = Uri.EscapeDataString(path.Length == 0 ? "/" : path);
    }

    /// <exception cref="HttpRequestException">It does not answer, or does not let us see.</exception>
    public async Task<IReadOnlyList<NodeConnection>> ListAsync(CancellationToken cancellationToken)
    {
        var all = await _http.GetFromJsonAsync<List<Connection>>($"api/vhosts/{_virtualHost}/connections?columns=name,user", cancellationToken);
        var nodes = new List<NodeConnection>();
        foreach (var connection in all ?? [])
        {
            // Just opened: its name may be there before its user is. The next look has both.
            if (connection is { Name: { } name, User: { } user } && user.StartsWith("node.", StringComparison.Ordinal) && NodeId.TryParse(user["node.".Length..], null, out var node))
            {
                nodes.Add(new NodeConnection(name, node));
            }
        }

        return nodes;
    }

    public async Task CloseAsync(NodeConnection connection, string reason, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Delete, $"api/connections/{Uri.EscapeDataString(connection.Name)}");
        request.Headers.Add("X-Reason", reason);
        using var answer = await _http.SendAsync(request, cancellationToken);
        if (answer.StatusCode != HttpStatusCode.NotFound)
        {
            answer.EnsureSuccessStatusCode();
        }
    }

    public void Dispose() => _http.Dispose();

    private sealed record Connection(string? Name, string? User);
}
