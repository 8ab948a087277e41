using Hypernode.Contracts.Ports;
using Hypernode.Storage.Blobs;
using Hypernode.Storage.Migrations;
using Hypernode.Storage.PostgreSQL;
using Hypernode.Storage.Shared;
using Hypernode.Storage.SQLite;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Hypernode.Storage;

/// <summary>
/// The storage ports of <c>Hypernode.Contracts</c> on one of two databases. The host gives <see cref="IIdSource"/>, and
/// <see cref="IOutboxDispatcher"/> where it sends messages.
/// </summary>
public static class StorageRegistration
{
    /// <summary>What <c>Hypernode:Storage</c> asks for: one database, and the blobs where a folder is named.</summary>
    public static IServiceCollection AddHypernodeStorage(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<StorageOptions>().Bind(configuration.GetSection(StorageOptions.Section)).ValidateDataAnnotations().ValidateOnStart();
        var options = configuration.GetSection(StorageOptions.Section).Get<StorageOptions>() ?? new StorageOptions();

        // What is missing here is named by the validation above, when the host starts.
        _ = options.Provider == StorageProviders.Postgres
            ? services.AddHypernodePostgres(options.ConnectionString ?? "")
            : services.AddHypernodeSqlite(options.Path ?? "");
        return options switch
        {
            { Blobs: BlobStores.S3 } => services.AddS3Blobs(configuration.GetSection(S3Options.Section)),
            { BlobPath: { Length: > 0 } blobs } => services.AddFileBlobs(blobs),
            _ => services,
        };
    }

    public static IServiceCollection AddHypernodePostgres(this IServiceCollection services, string connectionString)
    {
        services.AddSingleton(_ => new PostgresDatabase(connectionString));
        services.AddSingleton<Database>(p => p.GetRequiredService<PostgresDatabase>());
        services.AddSingleton<ISagaJournal, PostgresSagaJournal>();
        services.AddSingleton<IOutbox, PostgresOutbox>();
        services.AddSingleton<IIntakeWriter, PostgresIntakeWriter>();
        services.AddSingleton<IStorageMigrator>(p => new PostgresMigrator(
            p.GetRequiredService<PostgresDatabase>(), p.GetRequiredService<TimeProvider>(), MigrationScript.Embedded("PostgreSQL")));
        return services.AddShared();
    }

    /// <param name="path">The database file; its folder is made.</param>
    public static IServiceCollection AddHypernodeSqlite(this IServiceCollection services, string path)
    {
        services.AddSingleton(_ => new SqliteDatabase(path));
        services.AddSingleton<Database>(p => p.GetRequiredService<SqliteDatabase>());
        services.AddSingleton<ISagaJournal, SqliteSagaJournal>();
        services.AddSingleton<IOutbox, SqliteOutbox>();
        services.AddSingleton<IIntakeWriter, SqliteIntakeWriter>();
        services.AddSingleton<IStorageMigrator>(p => new SqliteMigrator(
            p.GetRequiredService<SqliteDatabase>(), p.GetRequiredService<TimeProvider>(), MigrationScript.Embedded("SQLite")));
        return services.AddShared();
    }

    /// <param name="path">The blobs' folder; it is made at the first write.</param>
    public static IServiceCollection AddFileBlobs(this IServiceCollection services, string path)
    {
        var store = new FileBlobStore(path);
        return services.AddSingleton<IBlobStore>(store).AddSingleton<IBlobProbe>(store);
    }

    /// <summary>A bucket, which must be there.</summary>
    public static IServiceCollection AddS3Blobs(this IServiceCollection services, IConfiguration section)
    {
        services.AddOptions<S3Options>().Bind(section).ValidateDataAnnotations()
            .Validate(o => o.Bucket.Length > 0, "Hypernode:Storage:S3:Bucket is missing").ValidateOnStart();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(p =>
        {
            var options = p.GetRequiredService<IOptions<S3Options>>().Value;
            return new S3BlobStore(S3Clients.Create(options), options, p.GetRequiredService<TimeProvider>());
        });
        services.AddSingleton<IBlobStore>(p => p.GetRequiredService<S3BlobStore>());
        return services.AddSingleton<IBlobProbe>(p => p.GetRequiredService<S3BlobStore>());
    }

    private static IServiceCollection AddShared(this IServiceCollection services)
    {
        services.AddLogging();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<IStorageProbe, StorageProbe>();
        services.AddSingleton<IJobIntake, JobIntake>();
        services.AddSingleton<IJobReader, JobReader>();
        services.AddSingleton<INodeDirectory, NodeDirectory>();
        services.AddSingleton<INodeStandings, NodeStandings>();
        services.AddSingleton<IStandingReader, StandingReader>();
        services.AddSingleton<IRepeats, Repeats>();
        services.AddSingleton<IEvidence, Evidence>();
        services.AddSingleton<IDepositBook, DepositBook>();
        services.AddSingleton<ITransferLedger, TransferLedger>();
        services.AddSingleton<IWalletDirectory, WalletDirectory>();
        services.AddSingleton<ISagaAudit, SagaAudit>();
        services.AddSingleton<ILiveStates, LiveStates>();
        services.AddSingleton<IAuditReader, AuditReader>();
        return services;
    }
}
