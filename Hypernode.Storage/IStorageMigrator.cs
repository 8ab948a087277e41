namespace Hypernode.Storage;

/// <summary>Brings the schema to this build's: numbered SQL files, each once, in order, by one process at a time.</summary>
public interface IStorageMigrator
{
    /// <exception cref="MigrationException">A file that was applied has changed, or the database is from a later build.</exception>
    Task MigrateAsync(CancellationToken cancellationToken);
}

/// <summary>The database and the files of this build do not go together.</summary>
public sealed class MigrationException(string message) : Exception(message);
