using System.Data.Common;
using System.Security.Cryptography;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;
using Hypernode.Storage;
using Hypernode.Storage.Migrations;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Hypernode.Sagas.Tests.Rig;

/// <summary>A production storage, fresh and migrated. It outlives the hosts that crash on it.</summary>
internal sealed class TestStorage : IDisposable
{
    // A crash here is a process's, not the machine's: what memory has is durable enough, and no test waits for a disk.
    private const string Memory = "/dev/shm";
    private readonly ServiceProvider _services;
    private readonly DbDataSource _queries;
    private readonly Action _remove;

    private TestStorage(bool isShared, DbDataSource queries, Action remove, Action<IServiceCollection> register)
    {
        IsShared = isShared;
        _queries = queries;
        _remove = remove;
        var services = new ServiceCollection();
        services.AddSingleton<IIdSource, RandomIds>();
        services.AddSingleton<IOutboxDispatcher>(Dispatcher);
        register(services);
        _services = services.BuildServiceProvider();
        Get<IStorageMigrator>().MigrateAsync(CancellationToken.None).GetAwaiter().GetResult();
    }

    /// <summary>Several hosts may use it: a dead one's rows wait for their time.</summary>
    public bool IsShared { get; }

    /// <summary>Three nodes of one slot each, for whatever job comes next.</summary>
    public IReadOnlyList<NodeRegistration> Nodes => field ??= [.. Enumerable.Range(0, 3).Select(_ => Register(Given.Node()))];

    /// <summary>Whom the intake tells of a job's first message.</summary>
    public Switch Dispatcher { get; } = new();

    public static TestStorage Sqlite()
    {
        var folder = (Directory.Exists(Memory)
            ? Directory.CreateDirectory(Path.Combine(Memory, "hypernode-rig-" + Guid.NewGuid().ToString("N")))
            : Directory.CreateTempSubdirectory("hypernode-rig-")).FullName;
        var file = Path.Combine(folder, "hypernode.db");
        return new TestStorage(
            false,
            SqliteFactory.Instance.CreateDataSource($"Data Source={file}"),
            () => Directory.Delete(folder, recursive: true),
            s => s.AddHypernodeSqlite(file));
    }

    /// <summary>A schema of its own in the server's database.</summary>
    public static TestStorage Postgres()
    {
        var server = Environment.GetEnvironmentVariable("HYPERNODE_TEST_POSTGRES")
            ?? throw new InvalidOperationException("HYPERNODE_TEST_POSTGRES is not set: the connection string of a PostgreSQL server on which this test may create schemas.");
        var schema = "rig_" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
        var connection = new NpgsqlConnectionStringBuilder(server) { SearchPath = schema, MaxPoolSize = 4, Options = "-c synchronous_commit=off" }.ConnectionString;
        var queries = NpgsqlDataSource.Create(connection);
        Run(queries, $"create schema {schema}");
        return new TestStorage(
            true, queries, () => Run(queries, $"drop schema {schema} cascade"), s => s.AddHypernodePostgres(connection));
    }

    public T Get<T>()
        where T : notnull => _services.GetRequiredService<T>();

    public NodeRegistration Register(NodeRegistration node)
    {
        Get<INodeDirectory>().RegisterAsync(node, DateTimeOffset.UnixEpoch, CancellationToken.None).GetAwaiter().GetResult().ShouldBeTrue();
        return node;
    }

    public StoredSaga Saga(JobId job) => Get<ISagaJournal>().LoadAsync([job], CancellationToken.None).GetAwaiter().GetResult().Single();

    public JobView Job(JobId job) => Get<IJobReader>().FindAsync(job, CancellationToken.None).GetAwaiter().GetResult()!;

    /// <summary>The first column of each row, as text.</summary>
    public List<string> Query(string sql)
    {
        using var command = _queries.CreateCommand(sql);
        using var reader = command.ExecuteReader();
        var values = new List<string>();
        while (reader.Read())
        {
            values.Add(reader.GetValue(0).ToString()!);
        }

        return values;
    }

    public List<string> Outbox(JobId job) => Query($"select type from outbox where job_id = '{job}' order by created_at, message_id");

    public void Execute(string sql) => Run(_queries, sql);

    public void Dispose()
    {
        _services.DisposeAsync().AsTask().GetAwaiter().GetResult();
        SqliteConnection.ClearAllPools();
        _remove();
        _queries.Dispose();
    }

    private static void Run(DbDataSource source, string sql)
    {
        using var command = source.CreateCommand(sql);
        command.ExecuteNonQuery();
    }
}

/// <summary>The storage outlives the host that it tells.</summary>
internal sealed class Switch : IOutboxDispatcher
{
    public IOutboxDispatcher? Target { get; set; }

    public Task DispatchAsync(IReadOnlyList<OutboxMessage> messages, CancellationToken cancellationToken) =>
        Target?.DispatchAsync(messages, cancellationToken) ?? Task.CompletedTask;
}

internal sealed class RandomIds : IIdSource
{
    public Guid NewId() => Guid.NewGuid();

    public Hash256 NewSecret() => Hash256.FromBytes(RandomNumberGenerator.GetBytes(32));
}
