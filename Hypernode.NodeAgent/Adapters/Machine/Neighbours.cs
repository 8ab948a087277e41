using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Hypernode.Contracts.Nodes;
using Hypernode.NodeAgent.Adapters.Keys;
using Hypernode.NodeAgent.Adapters.RabbitMq;
using Hypernode.NodeAgent.Hardware;
using Hypernode.Solana;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Hypernode.NodeAgent.Adapters.Machine;

/// <summary>API, chain, broker and names, asked for real.</summary>
public sealed class Neighbours(HttpClient http) : INeighbours
{
    private const int UnixTimeInClock = 32;

    public async Task<ApiFacts> ApiAsync(Uri api, CancellationToken cancellationToken)
    {
        using var answer = await http.GetAsync(new Uri(api, "/health/ready"), cancellationToken);
        var body = answer.Content.Headers.ContentType?.MediaType == "application/json"
            ? await answer.Content.ReadFromJsonAsync<JsonObject>(cancellationToken)
            : null;
        var ill = (body?["checks"] as JsonArray ?? []).Where(c => c?["status"]?.GetValue<string>() != "healthy").Select(c => c?["name"]?.GetValue<string>());
        var detail = body?["status"]?.GetValue<string>() is { } status
            ? $"{status}{string.Concat(ill.Select(n => $", {n}"))}"
            : $"HTTP {(int)answer.StatusCode}, which is not what the API says";
        return new ApiFacts(answer.IsSuccessStatusCode && body is not null, detail, answer.Headers.Date);
    }

    public async Task<PublishedNode?> NodeAsync(Uri api, NodeId node, CancellationToken cancellationToken)
    {
        using var answer = await http.GetAsync(new Uri(api, $"/api/nodes/{node}"), cancellationToken);
        if (answer.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }

        answer.EnsureSuccessStatusCode();
        var body = await answer.Content.ReadFromJsonAsync<JsonObject>(cancellationToken);
        return new PublishedNode(
            body?["nodeKey"]?.GetValue<string>() ?? "", body?["status"]?.GetValue<string>() ?? "", body?["lastSeenAt"]?.GetValue<long>());
    }

    public async Task<DateTimeOffset> ChainTimeAsync(Uri rpc, CancellationToken cancellationToken)
    {
        var clock = await ((IRpcClient)new RpcClient(http, rpc)).GetAccountInfoAsync(SysVars.ClockKey, cancellation: cancellationToken);
        return clock is { Data.Length: >= UnixTimeInClock + 8 }
            ? DateTimeOffset.FromUnixTimeSeconds(BinaryPrimitives.ReadInt64LittleEndian(clock.Data.AsSpan(UnixTimeInClock)))
            : throw new InvalidDataException("it has no Clock account: not a Solana node");
    }

    public async Task BrokerAsync(AgentOptions agent, CancellationToken cancellationToken)
    {
        var broker = new Uri(agent.Broker);
        var login = new NodeLogin(agent.Node, agent.Network, NodeKeyFile.Load(agent.KeyFile), TimeProvider.System);
        try
        {
            var factory = new ConnectionFactory
            {
                Uri = broker,
                UserName = login.User,
                Password = login.NewPassword(),
                AutomaticRecoveryEnabled = false,
                ClientProvidedName = "hypernode doctor",
            };
            await using var connection = await factory.CreateConnectionAsync(cancellationToken);
            await using var channel = await connection.CreateChannelAsync(cancellationToken: cancellationToken);
        }
        catch (Exception e) when (e is BrokerUnreachableException or OperationInterruptedException or UriFormatException or ArgumentException)
        {
            // The client's own message may quote what it was given.
#pragma warning disable MA0054
            throw new IOException(e.InnerException is AuthenticationFailureException
                ? "it refuses the node: not registered, revoked, another key, or a clock that is wrong by minutes"
                : $"{broker.Host}:{(broker.Port > 0 ? broker.Port : 5672)} does not answer as a broker");
#pragma warning restore MA0054
        }
    }

    public async Task<int> ResolveAsync(string host, CancellationToken cancellationToken) =>
        (await Dns.GetHostAddressesAsync(host, cancellationToken)).Length;
}
