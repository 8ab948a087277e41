using System.Security.Cryptography;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;
using Hypernode.Storage.Shared;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Hypernode.Storage.Tests;

/// <summary>A fresh, migrated database for one test class.</summary>
public abstract class StorageFixture : IAsyncLifetime
{
    private ServiceProvider? _services;

    public ServiceProvider Services => _services!;

    public Dispatched Dispatched { get; } = new();

    public async Task InitializeAsync()
    {
        await CreateDatabaseAsync();
        _services = Open();
        await _services.GetRequiredService<IStorageMigrator>().MigrateAsync(CancellationToken.None);
    }

    public async Task DisposeAsync()
    {
        await Services.DisposeAsync();
        await DropDatabaseAsync();
    }

    /// <summary>Another process's view of the same database.</summary>
    public ServiceProvider Open()
    {
        var services = new ServiceCollection();
        services.AddSingleton<IIdSource, TestIds>();
        services.AddSingleton<IOutboxDispatcher>(Dispatched);
        Register(services);
        return services.BuildServiceProvider(new ServiceProviderOptions { ValidateOnBuild = true, ValidateScopes = true });
    }

    public T Get<T>()
        where T : notnull => Services.GetRequiredService<T>();

    public async Task<long> CountAsync(string table, string where = "true")
    {
        var counts = await Get<Database>().WriteAsync(
            session =>
            {
                session.Abandon();
                return session.QueryAsync($"select count(*) from {table} where {where}", r => r.GetInt64(0));
            },
            CancellationToken.None);
        return counts[0];
    }

    protected abstract void Register(IServiceCollection services);

    protected abstract Task CreateDatabaseAsync();

    protected abstract Task DropDatabaseAsync();
}

public sealed class SqliteFixture : StorageFixture
{
    public string Folder { get; } = Directory.CreateTempSubdirectory("hypernode-sqlite-").FullName;

    public string FilePath => Path.Combine(Folder, "data", "hypernode.db");

    protected override void Register(IServiceCollection services) => services.AddHypernodeSqlite(FilePath);

    protected override Task CreateDatabaseAsync() => Task.CompletedTask;

    protected override Task DropDatabaseAsync()
    {
        Directory.Delete(Folder, recursive: true);
        return Task.CompletedTask;
    }
}

public sealed class PostgresFixture : StorageFixture
{
    private readonly string _database = "hypernode_test_" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));

    private static string Server => Environment.GetEnvironmentVariable("HYPERNODE_TEST_POSTGRES")
        ?? throw new InvalidOperationException("HYPERNODE_TEST_POSTGRES is not set: the connection string of a PostgreSQL server on which this test may create databases.");

    public string ConnectionString => new NpgsqlConnectionStringBuilder(Server) { Database = _database, MaxPoolSize = 30 }.ConnectionString;

    protected override void Register(IServiceCollection services) => services.AddHypernodePostgres(ConnectionString);

    protected override Task CreateDatabaseAsync() => OnServerAsync($"create database {_database}");

    protected override Task DropDatabaseAsync() => OnServerAsync($"drop database {_database} with (force)");

    private static async Task OnServerAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(Server) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}

public sealed class TestIds : IIdSource
{
    public Guid NewId() => new(RandomNumberGenerator.GetBytes(16));

    public Hash256 NewSecret() => Hash256.FromBytes(RandomNumberGenerator.GetBytes(32));
}

/// <summary>What the storage handed over after its commits; may be told to fail.</summary>
public sealed class Dispatched : IOutboxDispatcher
{
    private readonly List<OutboxMessage> _messages = [];

    public bool Fails { get; set; }

    public IReadOnlyList<OutboxMessage> Messages
    {
        get
        {
            lock (_messages)
            {
                return [.. _messages];
            }
        }
    }

    public Task DispatchAsync(IReadOnlyList<OutboxMessage> messages, CancellationToken cancellationToken)
    {
        lock (_messages)
        {
            _messages.AddRange(messages);
        }

        return Fails ? throw new IOException("no broker") : Task.CompletedTask;
    }
}
