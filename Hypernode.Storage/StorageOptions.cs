using System.ComponentModel.DataAnnotations;

namespace Hypernode.Storage;

/// <summary>Where rows and blobs are kept, bound from <c>Hypernode:Storage</c>.</summary>
public sealed class StorageOptions : IValidatableObject
{
    public const string Section = "Hypernode:Storage";

    /// <summary><c>sqlite</c> (one host) or <c>postgres</c> (several).</summary>
    [RegularExpression("^(sqlite|postgres)$", ErrorMessage = "Hypernode:Storage:Provider is sqlite or postgres")]
    public string Provider { get; set; } = StorageProviders.Sqlite;

    /// <summary>PostgreSQL's connection string. A secret: it is never logged.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>SQLite's file.</summary>
    public string? Path { get; set; }

    /// <summary>The folder of the blobs.</summary>
    public string? BlobPath { get; set; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Provider == StorageProviders.Postgres && string.IsNullOrWhiteSpace(ConnectionString))
        {
            yield return new ValidationResult("Hypernode:Storage:ConnectionString is missing", [nameof(ConnectionString)]);
        }

        if (Provider == StorageProviders.Sqlite && string.IsNullOrWhiteSpace(Path))
        {
            yield return new ValidationResult("Hypernode:Storage:Path is missing", [nameof(Path)]);
        }
    }
}

public static class StorageProviders
{
    public const string Sqlite = "sqlite";
    public const string Postgres = "postgres";
}
