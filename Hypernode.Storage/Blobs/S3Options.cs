using System.ComponentModel.DataAnnotations;

namespace Hypernode.Storage.Blobs;

/// <summary>An S3 bucket for the blobs, where <c>Hypernode:Storage:Blobs</c> is <c>s3</c>; bound from <c>Hypernode:Storage:S3</c>.</summary>
public sealed class S3Options : IValidatableObject
{
    public const string Section = "Hypernode:Storage:S3";

    /// <summary>The server's address; empty: Amazon's own, of the region.</summary>
    public string ServiceUrl { get; set; } = "";

    [Required]
    public string Region { get; set; } = "us-east-1";

    /// <summary>It must be there already.</summary>
    public string Bucket { get; set; } = "";

    /// <summary>Before every key, for a bucket that others use too.</summary>
    public string Prefix { get; set; } = "";

    /// <summary>The bucket in the path and not in the host's name, as most servers but Amazon's want it.</summary>
    public bool PathStyle { get; set; }

    /// <summary>
    /// File with the access key's id and its secret, a line each (mode 0600); empty: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of the
    /// environment. Neither is ever logged.
    /// </summary>
    public string KeyFile { get; set; } = "";

    /// <summary>Folder for files on their way in: they are hashed before they go; empty: under the machine's temporary folder.</summary>
    public string SpoolPath { get; set; } = "";

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (ServiceUrl.Length > 0 && !(Uri.TryCreate(ServiceUrl, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"))
        {
            yield return new ValidationResult("Hypernode:Storage:S3:ServiceUrl is not an http:// or https:// address", [nameof(ServiceUrl)]);
        }
    }
}
