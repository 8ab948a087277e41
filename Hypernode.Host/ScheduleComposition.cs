using Hypernode.Sagas.Timers;
using Hypernode.Storage;
using Npgsql;

namespace Hypernode.Host;

/// <summary>Where hosts agree on who repeats what: in the database that they share. With SQLite there is one host, and nothing to agree on.</summary>
internal static class ScheduleComposition
{
    public static void AddSharedSchedule(this IServiceCollection services, IConfiguration configuration)
    {
        var storage = configuration.GetSection(StorageOptions.Section).Get<StorageOptions>() ?? new StorageOptions();
        if (storage.Provider == StorageProviders.Postgres && storage.ConnectionString is { Length: > 0 } connection)
        {
            services.AddSingleton(Of(connection));
        }
    }

    /// <summary>A pool of its own: a schedule must not wait behind a thousand transitions, nor they behind it.</summary>
    private static QuartzDatabase Of(string connection) => new(
        new NpgsqlConnectionStringBuilder(connection) { ApplicationName = "hypernode-schedule", MaxPoolSize = 10, MinPoolSize = 0 }.ConnectionString);
}
