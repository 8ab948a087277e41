using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using RabbitMQ.Client;

namespace Hypernode.Host.Tests;

/// <summary>A node's own user at the test broker, made through its management API.</summary>
internal sealed class BrokerUser : IAsyncDisposable
{
    private readonly IConnection _connection;
    private readonly IChannel _channel;
    private readonly string _name;

    private BrokerUser(IConnection connection, IChannel channel, string name)
    {
        _connection = connection;
        _channel = channel;
        _name = name;
    }

    /// <summary>A virtual host of the test's own, so that suites on one broker don't meet.</summary>
    /// <returns>Its uri, with the administrator's credentials.</returns>
    public static async Task<string> MakeVirtualHostAsync()
    {
        var broker = Broker();
        var name = $"test-{Guid.NewGuid():N}";
        using var http = Management(broker);
        await PutAsync(http, $"/api/vhosts/{name}", new { });
        await PutAsync(http, $"/api/permissions/{name}/{broker.UserInfo.Split(':')[0]}", new { configure = ".*", write = ".*", read = ".*" });
        return new UriBuilder(broker) { Path = name }.Uri.ToString();
    }

    public static async Task DropVirtualHostAsync(string uri)
    {
        using var http = Management(Broker());
        using var answer = await http.DeleteAsync($"/api/vhosts{new Uri(uri).AbsolutePath}");
    }

    public static async Task<IReadOnlyList<string>> QueueNamesAsync(string uri)
    {
        using var http = Management(Broker());
        var queues = await http.GetFromJsonAsync<List<Dictionary<string, object>>>($"/api/queues{new Uri(uri).AbsolutePath}?columns=name");
        return [.. queues!.Select(q => q["name"].ToString()!)];
    }

    public static async Task<BrokerUser> ConnectAsync(string uri, string name)
    {
        var broker = new Uri(uri);
        using var http = Management(broker);
        await PutAsync(http, $"/api/users/{name}", new { password = "test", tags = "" });
        await PutAsync(http, $"/api/permissions{broker.AbsolutePath}/{name}", new { configure = "^$", write = ".*", read = "^$" });
        var factory = new ConnectionFactory
        {
            HostName = broker.Host,
            Port = broker.Port,
            VirtualHost = broker.AbsolutePath[1..],
            UserName = name,
            Password = "test",
        };
        var connection = await factory.CreateConnectionAsync();
        return new BrokerUser(connection, await connection.CreateChannelAsync(new CreateChannelOptions(true, true)), name);
    }

    public Task PublishAsync(string exchange, string routingKey, string body) => _channel.BasicPublishAsync(
        exchange, routingKey, false, new BasicProperties { UserId = _name }, Encoding.UTF8.GetBytes(body)).AsTask();

    public async ValueTask DisposeAsync()
    {
        await _channel.DisposeAsync();
        await _connection.DisposeAsync();
    }

    private static Uri Broker() => new(Environment.GetEnvironmentVariable("HYPERNODE_TEST_RABBITMQ")
        ?? throw new InvalidOperationException("HYPERNODE_TEST_RABBITMQ is not set: eng/services.sh starts a broker"));

    private static HttpClient Management(Uri broker)
    {
        var management = Environment.GetEnvironmentVariable("HYPERNODE_RABBITMQ_MANAGEMENT")
            ?? throw new InvalidOperationException("HYPERNODE_RABBITMQ_MANAGEMENT is not set: eng/services.sh starts a broker");
        var http = new HttpClient { BaseAddress = new Uri(management) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
            "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(Uri.UnescapeDataString(broker.UserInfo))));
        return http;
    }

    private static async Task PutAsync(HttpClient http, string route, object body)
    {
        using var content = JsonContent.Create(body);
        await content.LoadIntoBufferAsync();
        using var answer = await http.PutAsync(route, content);
        answer.EnsureSuccessStatusCode();
    }
}
