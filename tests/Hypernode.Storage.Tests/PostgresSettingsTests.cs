using Hypernode.Storage.PostgreSQL;
using Npgsql;

namespace Hypernode.Storage.Tests;

/// <summary>What the connection string names is the operator's; our own values are for what it leaves open.</summary>
public sealed class PostgresSettingsTests
{
    [Theory]
    [InlineData("", 32)]
    [InlineData("Maximum Pool Size=100", 100)]
    [InlineData("MaxPoolSize=100", 100)]
    [InlineData("Maximum Pool Size=7", 7)]
    public async Task The_pool_is_as_large_as_the_connection_string_says(string named, int size) =>
        (await SettingsOfAsync(named)).MaxPoolSize.ShouldBe(size);

    [Theory]
    [InlineData("", 100)]
    [InlineData("Max Auto Prepare=0", 0)]
    [InlineData("MaxAutoPrepare=0", 0)]
    [InlineData("Max Auto Prepare=5", 5)]
    public async Task As_many_statements_are_prepared_as_the_connection_string_says(string named, int statements) =>
        (await SettingsOfAsync(named)).MaxAutoPrepare.ShouldBe(statements);

    private static async Task<NpgsqlConnectionStringBuilder> SettingsOfAsync(string named)
    {
        await using var database = new PostgresDatabase("Host=nowhere.invalid;" + named);
        return new NpgsqlConnectionStringBuilder(database.Source.ConnectionString);
    }
}
