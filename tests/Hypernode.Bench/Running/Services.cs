using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Npgsql;

namespace Hypernode.Bench.Running;

/// <summary>The private PostgreSQL and RabbitMQ that <c>eng/services.sh</c> started: a database and a virtual host for each row.</summary>
internal sealed class Services : IDisposable
{
    private const string NodesUser = "bench-nodes";

    private readonly Endpoint _endpoint;
    private readonly HttpClient _management;
    private readonly string _nodesPassword = Guid.NewGuid().ToString("N");

    private Services(Endpoint endpoint)
    {
        _endpoint = endpoint;
        _management = new HttpClient { BaseAddress = new Uri(endpoint.Management) };
        _management.DefaultRequestHeaders.Authorization =
            new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{endpoint.User}:{endpoint.Password}")));
    }

    /// <summary>Trees that their CPU is counted of.</summary>
    public (string, int) PostgresProcess => ("postgresql", FirstNumber("postgres/data/postmaster.pid"));

    public (string, int) RabbitMqProcess => ("rabbitmq", FirstNumber("rabbitmq/pid"));

    /// <param name="json">What <c>eng/services.sh start --json</c> printed.</param>
    public static async Task<Services> OpenAsync(string json)
    {
        var services = new Services(JsonSerializer.Deserialize<Endpoint>(json, JsonSerializerOptions.Web)!);
        await services.PutAsync($"/api/users/{NodesUser}", new { password = services._nodesPassword, tags = "impersonator" });
        return services;
    }

    /// <returns>Its connection string; the pools of all processes together stay below what the server admits.</returns>
    public async Task<string> CreateDatabaseAsync(string name)
    {
        await using var source = NpgsqlDataSource.Create(_endpoint.Postgres);
        await using var command = source.CreateCommand($"create database {name}");
        await command.ExecuteNonQueryAsync();
        return new NpgsqlConnectionStringBuilder(_endpoint.Postgres) { Database = name, MaxPoolSize = 20 }.ConnectionString;
    }

    public async Task DropDatabaseAsync(string name)
    {
        await using var source = NpgsqlDataSource.Create(_endpoint.Postgres);
        await using var command = source.CreateCommand($"drop database if exists {name} with (force)");
        await command.ExecuteNonQueryAsync();
    }

    public async Task DeleteVirtualHostAsync(string name) => (await _management.DeleteAsync($"/api/vhosts/{name}")).Dispose();

    /// <returns>Uris of the hosts' user, and of the user that speaks for all nodes.</returns>
    public async Task<(string Hosts, string Nodes)> CreateVirtualHostAsync(string name)
    {
        await PutAsync($"/api/vhosts/{name}", new { });
        var all = new { configure = ".*", write = ".*", read = ".*" };
        await PutAsync($"/api/permissions/{name}/{_endpoint.User}", all);
        await PutAsync($"/api/permissions/{name}/{NodesUser}", all);
        var broker = new Uri(_endpoint.RabbitMq);
        return ($"amqp://{broker.UserInfo}@{broker.Authority}/{name}", $"amqp://{NodesUser}:{_nodesPassword}@{broker.Authority}/{name}");
    }

    /// <summary>Messages that clients have published in a virtual host; the broker counts every two seconds.</summary>
    public async Task<long> PublishedAsync(string virtualHost)
    {
        await Task.Delay(TimeSpan.FromSeconds(3));
        var answer = await _management.GetFromJsonAsync<JsonElement>($"/api/vhosts/{virtualHost}");
        return answer.TryGetProperty("message_stats", out var stats) && stats.TryGetProperty("publish", out var published) ? published.GetInt64() : 0;
    }

    public async Task<string> PostgresSettingsAsync()
    {
        await using var source = NpgsqlDataSource.Create(_endpoint.Postgres);
        var settings = new List<string>();
        foreach (var name in (string[])["server_version", "fsync", "synchronous_commit", "full_page_writes"])
        {
            await using var command = source.CreateCommand($"show {name}");
            settings.Add($"{name}={((string?)await command.ExecuteScalarAsync())?.Split(' ')[0]}");
        }

        return $"PostgreSQL {string.Join(' ', settings)}";
    }

    public void Dispose() => _management.Dispose();

    private async Task PutAsync(string route, object body)
    {
        using var content = JsonContent.Create(body);
        await content.LoadIntoBufferAsync(); // the broker's HTTP server wants a length
        using var answer = await _management.PutAsync(route, content);
        if (!answer.IsSuccessStatusCode)
        {
            throw new BenchException($"the broker refused {route}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
        }
    }

    private int FirstNumber(string file) =>
        int.Parse(File.ReadLines(Path.Combine(Path.GetDirectoryName(_endpoint.PasswordFile)!, file)).First());

    private sealed record Endpoint(string Postgres, string RabbitMq, string Management, string User, string Password, string PasswordFile);
}
