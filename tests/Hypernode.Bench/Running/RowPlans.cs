using Npgsql;

namespace Hypernode.Bench.Running;

/// <summary>Every row there is, and how its stack is started.</summary>
internal sealed class RowPlans(BenchOptions options, Services services, string postgresSettings)
{
    public const string Services = "services";
    public const string Apart = "apart";
    public const string Embedded = "embedded";
    public const string Reference = "reference";
    public const string Textbook = "textbook";
    public const string Twin = "twin";
    public const string Restate = "restate";
    public const string Dbos = "dbos";

    private const string Broker = "RabbitMQ quorum queues, persistent, publisher confirms";

    private readonly string _durable = $"{postgresSettings}; {Broker}";

    private int _started;

    private string Logs => Path.Combine(options.Data, "logs");

    public IReadOnlyList<RowPlan> All =>
    [
        new(Services, "services, sagas+workers together, SimulatedChain", _durable, () => ServicesAsync(Services, ["sagas,workers"])),
        new(Apart, "services, sagas and workers apart, SimulatedChain", _durable, () => ServicesAsync(Apart, ["workers", "sagas"])),
        new(Embedded, "embedded, all roles in one process, SimulatedChain", "SQLite journal_mode=wal synchronous=full (fsync at each commit)", EmbeddedAsync),
        new(Reference, "reference: MassTransit in memory, 13 messages, no chain", "nothing is durable", ReferenceAsync),
        new(Textbook, "textbook: a commit a message, inbox and outbox apart, every command by queue, SimulatedChain", _durable, () => ServicesAsync(Textbook, ["sagas,workers"])),
        new(Twin, "native twin: RabbitMQ.Client and Npgsql, batches of 64, no chain", _durable, TwinAsync),
        .. options.Peers is null ? (RowPlan[])[] :
        [
            new(Restate, "Restate 1.7, one node, 7 durable steps, no chain", "its default", RestateAsync),
            new(Dbos, "DBOS 5.3, 7 durable steps, no chain", $"its default; {postgresSettings}", DbosAsync),
        ],
    ];

    /// <summary>Hosts of the given roles, and one process that submits like an API host and plays the nodes.</summary>
    public async Task<Row> ServicesAsync(string key, IReadOnlyList<string> roles, Stack.LoadOptions? load = null)
    {
        var place = Place(key);
        var postgres = await services.CreateDatabaseAsync(place.Database);
        var (hostsUri, nodesUri) = await services.CreateVirtualHostAsync(place.VirtualHost);
        var settings = StackSettings.Services(place.Folder, postgres, hostsUri, nodesUri, load ?? new(), textbook: key == Textbook, chainSocket: roles.Count > 1);
        var hosts = new List<RowProcess>();
        foreach (var role in roles)
        {
            // One after the other: they make the schema and the queues, and must not race for them.
            var host = RowProcess.StartOwn($"{key}-{role.Replace(',', '-')}", Logs, "host", "--config", settings, "--roles", role);
            await host.ReadyAsync();
            hosts.Add(host);
        }

        var generator = RowProcess.StartOwn($"{key}-load", Logs, "load", "--config", settings, "--roles", "api");
        await generator.ReadyAsync();
        var counted = hosts.Append(generator).ToDictionary(p => p.Name[(key.Length + 1)..], p => p.Id);
        return new Row(generator, hosts, Add(counted, services.PostgresProcess, services.RabbitMqProcess), counts: true)
        {
            Database = postgres,
            VirtualHost = place.VirtualHost,
            Forget = () => ForgetAsync(place),
        };
    }

    private async Task<Row> EmbeddedAsync()
    {
        var settings = StackSettings.Embedded(Place(Embedded).Folder);
        var process = RowProcess.StartOwn(Embedded, Logs, "load", "--config", settings, "--roles", "api,sagas,workers,agents");
        await process.ReadyAsync();
        return new Row(process, [], new Dictionary<string, int> { ["all"] = process.Id }, counts: true);
    }

    private async Task<Row> ReferenceAsync()
    {
        var process = RowProcess.StartOwn(Reference, Logs, "reference");
        await process.ReadyAsync();
        return new Row(process, [], new Dictionary<string, int> { ["all"] = process.Id }, counts: true);
    }

    private async Task<Row> TwinAsync()
    {
        var place = Place(Twin);
        var process = RowProcess.StartOwn(
            Twin, Logs, "twin", await services.CreateDatabaseAsync(place.Database), (await services.CreateVirtualHostAsync(place.VirtualHost)).Hosts);
        await process.ReadyAsync();
        return new Row(process, [], Add(new() { ["twin"] = process.Id }, services.PostgresProcess, services.RabbitMqProcess), counts: true) { Forget = () => ForgetAsync(place) };
    }

    private async Task<Row> RestateAsync()
    {
        var process = RowProcess.Start(Restate, Logs, "node", [Path.Combine(options.Peers!, "restate.mjs"), Place(Restate).Folder]);
        await process.ReadyAsync();
        return new Row(process, [], new Dictionary<string, int> { ["node+restate"] = process.Id });
    }

    private async Task<Row> DbosAsync()
    {
        var place = Place(Dbos);
        var postgres = new NpgsqlConnectionStringBuilder(await services.CreateDatabaseAsync(place.Database));
        var url = $"postgresql://{postgres.Username}:{Uri.EscapeDataString(postgres.Password!)}@{postgres.Host}:{postgres.Port}/{postgres.Database}";
        var process = RowProcess.Start(
            Dbos, Logs, "node", [Path.Combine(options.Peers!, "dbos.mjs")], new Dictionary<string, string> { ["DBOS_SYSTEM_DATABASE_URL"] = url });
        await process.ReadyAsync();
        return new Row(process, [], Add(new() { ["node"] = process.Id }, services.PostgresProcess)) { Forget = () => ForgetAsync(place) };
    }

    /// <summary>Where a stack keeps its things: nowhere that another one has been.</summary>
    private RowPlace Place(string key)
    {
        var number = ++_started;
        return new RowPlace(Path.Combine(options.Data, $"{key}-{number}"), $"bench_{key}_{number}", $"bench-{key}-{number}");
    }

    private async Task ForgetAsync(RowPlace place)
    {
        await services.DropDatabaseAsync(place.Database);
        await services.DeleteVirtualHostAsync(place.VirtualHost);
    }

    private static Dictionary<string, int> Add(Dictionary<string, int> counted, params (string Name, int Process)[] more)
    {
        foreach (var (name, process) in more)
        {
            counted[name] = process;
        }

        return counted;
    }
}

internal sealed record RowPlace(string Folder, string Database, string VirtualHost);
