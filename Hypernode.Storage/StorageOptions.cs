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

    /// <summary>Where blobs are: <c>files</c> (one host, or a folder that all of them share) or <c>s3</c> (a bucket: see <c>Hypernode:Storage:S3</c>).</summary>
    [RegularExpression("^(files|s3)$", ErrorMessage = "Hypernode:Storage:Blobs is files or s3")]
    public string Blobs { get; set; } = BlobStores.Files;

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

public static class BlobStores
{
    public const string Files = "files";
    public const string S3 = "s3";
}

public static class StorageProviders
{
    public const string Sqlite = "sqlite";
    public const string Postgres = "postgres";
}
