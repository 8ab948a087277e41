using System.Security.Cryptography;
using Hypernode.Contracts.Ports;
using Hypernode.Host.Adapters;
using Hypernode.Storage;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Hypernode.Host.Tests;

/// <summary>A PostgreSQL database of the test's own, with this build's schema.</summary>
internal sealed class TestDatabase : IAsyncDisposable
{
    private readonly string _name;
    private readonly ServiceProvider _services;

    private TestDatabase(string name, string connectionString)
    {
        _name = name;
        ConnectionString = connectionString;
        _services = new ServiceCollection().AddSingleton<IIdSource, SystemIds>().AddHypernodePostgres(connectionString).BuildServiceProvider();
        Source = NpgsqlDataSource.Create(connectionString);
    }

    public string ConnectionString { get; }

    public NpgsqlDataSource Source { get; }

    public IServiceProvider Services => _services;

    private static string Server => Environment.GetEnvironmentVariable("HYPERNODE_TEST_POSTGRES")
        ?? throw new InvalidOperationException("HYPERNODE_TEST_POSTGRES is not set: eng/services.sh starts a server");

    public string Name => _name;

    /// <param name="template">A database that is copied as it is, while nobody uses it; null: an empty one.</param>
    public static async Task<TestDatabase> CreateAsync(string? template = null)
    {
        var name = "hypernode_host_" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
        await OnServerAsync($"create database {name}{(template is null ? "" : $" template {template}")}");
        var database = new TestDatabase(name, new NpgsqlConnectionStringBuilder(Server) { Database = name, MaxPoolSize = 20 }.ConnectionString);
        if (template is not null)
        {
            return database;
        }

        await database._services.GetRequiredService<IStorageMigrator>().MigrateAsync(CancellationToken.None);
        return database;
    }

    public async Task ExecuteAsync(string sql)
    {
        await using var command = Source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    public async Task<long> CountAsync(string table, string where = "true")
    {
        await using var command = Source.CreateCommand($"select count(*) from {table} where {where}");
        return (long)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>Ends every connection of ours to it: from then on it may be a template.</summary>
    public async Task CloseAsync()
    {
        await _services.DisposeAsync();
        await Source.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        await OnServerAsync($"drop database {_name} with (force)");
    }

    private static async Task OnServerAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(Server) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
