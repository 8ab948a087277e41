using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Hypernode.Bench.Running;
using Hypernode.Bench.Stack;
using Hypernode.Solana;
using Npgsql;

namespace Hypernode.Bench.Api;

/// <summary>An API host on a database and a virtual host of its own; the other roles begin only when they are told to.</summary>
internal sealed class ApiStack : IAsyncDisposable
{
    private const string Name = "bench_api";
    private const double Megabyte = 1_000_000;

    private readonly string _settings;
    private readonly string _logs;
    private readonly NpgsqlDataSource _database;
    private readonly RowProcess _api;
    private readonly List<RowProcess> _work = [];

    private ApiStack(string url, string settings, string logs, NpgsqlDataSource database, RowProcess api)
    {
        Url = url;
        (_settings, _logs, _database, _api) = (settings, logs, database, api);
    }

    public string Url { get; }

    public int ApiProcess => _api.Id;

    public double ResidentMb => ProcessTree.ResidentBytes(_api.Id) / Megabyte;

    public static async Task<ApiStack> StartAsync(string data, Services services, Action<string> say)
    {
        var (logs, url) = (Path.Combine(data, "logs"), $"http://127.0.0.1:{FreePort()}");
        var postgres = await services.CreateDatabaseAsync(Name);
        var (hosts, nodes) = await services.CreateVirtualHostAsync(Name);
        var load = new LoadOptions();

        // The queues that submissions go to are made by whoever reads them; then he goes again.
        var settings = StackSettings.Services(Path.Combine(data, "work"), postgres, hosts, nodes, load, textbook: false, chainSocket: false);
        say("schema and queues");
        await using (var first = RowProcess.StartOwn("api-first", logs, "host", "--config", settings, "--roles", "sagas,workers"))
        {
            await first.ReadyAsync();
        }

        var api = RowProcess.StartOwn("api", logs, "host", "--config", StackSettings.Services(Path.Combine(data, "api"), postgres, hosts, nodes, load, textbook: false, chainSocket: false, OpenDoor(url)), "--roles", "api");
        await api.ReadyAsync();
        return new ApiStack(url, settings, logs, NpgsqlDataSource.Create(postgres), api);
    }

    /// <summary>The sagas and workers, and eight nodes.</summary>
    public async Task StartWorkAsync()
    {
        foreach (var (name, part, roles) in (ReadOnlySpan<(string, string, string)>)[("sagas", "host", "sagas,workers"), ("nodes", "load", "api")])
        {
            _work.Add(RowProcess.StartOwn($"api-{name}", _logs, part, "--config", _settings, "--roles", roles));
        }

        foreach (var process in _work)
        {
            await process.ReadyAsync();
        }
    }

    public async Task StopWorkAsync()
    {
        foreach (var process in _work)
        {
            await process.DisposeAsync();
        }

        _work.Clear();
    }

    /// <returns>The session's token, for who sends requests by himself.</returns>
    public async Task<string> SignInAsync(Account payer)
    {
        using var http = new HttpClient { BaseAddress = new Uri(Url) };
        var wallet = payer.PublicKey.Key;
        var challenge = await PostAsync("challenge", new { wallet });
        return await PostAsync("login", new { wallet, challenge, signature = Contracts.Text.Base58.Encode(payer.Sign(Encoding.UTF8.GetBytes(challenge))) }, "token");

        async Task<string> PostAsync(string route, object body, string? wanted = null)
        {
            using var answer = await http.PostAsJsonAsync($"/api/auth/{route}", body);
            return (await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonObject>())![wanted ?? route]!.GetValue<string>();
        }
    }

    public async Task<long> JobsAsync(bool paid)
    {
        await using var command = _database.CreateCommand($"select count(*) from jobs{(paid ? " where state = 'Paid'" : "")}");
        return (long)(await command.ExecuteScalarAsync())!;
    }

    /// <returns>CPU ms of the API meanwhile, and what the work gave.</returns>
    public async Task<(double CpuMs, T Result)> CpuOfAsync<T>(Func<Task<T>> work)
    {
        var roots = new Dictionary<string, int> { ["api"] = _api.Id };
        var before = ProcessTree.CpuOf(roots)["api"];
        var result = await work();
        return (ProcessTree.CpuOf(roots)["api"] - before, result);
    }

    public async ValueTask DisposeAsync()
    {
        await StopWorkAsync();
        await _api.DisposeAsync();
        await _database.DisposeAsync();
    }

    /// <summary>The load comes from one address and few wallets.</summary>
    private static JsonObject OpenDoor(string url) => new()
    {
        ["Host"] = new JsonObject { [nameof(Url)] = url },
        ["Api"] = new JsonObject { ["RequestsPerSecond"] = 1_000_000, ["RequestBurst"] = 10_000_000, ["MaxConcurrentRequests"] = 100_000 },
        ["Live"] = new JsonObject { ["MaxSocketsPerAddress"] = 100_000, ["MaxSocketsPerWallet"] = 100_000 },
    };

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
