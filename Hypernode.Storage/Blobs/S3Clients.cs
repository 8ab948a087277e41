using Amazon;
using Amazon.Runtime;
using Amazon.S3;

namespace Hypernode.Storage.Blobs;

/// <summary>The SDK's client, as the options want it.</summary>
internal static class S3Clients
{
    /// <exception cref="InvalidOperationException">There are no keys, or the file of them can't be read; its text names the place, never the content.</exception>
    public static AmazonS3Client Create(S3Options options)
    {
        var config = new AmazonS3Config
        {
            ForcePathStyle = options.PathStyle,
            AuthenticationRegion = options.Region,
            MaxErrorRetry = 2,
            Timeout = TimeSpan.FromMinutes(5), // of one request: a part of a large file

            // Other servers know neither the SDK's trailing checksums nor its own chunks. Ours is the SHA-256 that is the file's name.
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
        };
        if (options.ServiceUrl.Length > 0)
        {
            config.ServiceURL = options.ServiceUrl;
        }
        else
        {
            config.RegionEndpoint = RegionEndpoint.GetBySystemName(options.Region);
        }

        return new AmazonS3Client(KeysOf(options), config);
    }

    private static AWSCredentials KeysOf(S3Options options)
    {
        if (options.KeyFile.Length > 0)
        {
            return File.ReadAllLines(options.KeyFile) is [{ Length: > 0 } id, { Length: > 0 } secret, ..]
                ? new BasicAWSCredentials(id.Trim(), secret.Trim())
                : throw new InvalidOperationException($"{options.KeyFile} does not hold an access key's id and its secret, a line each");
        }

        try
        {
            return new EnvironmentVariablesAWSCredentials();
        }
        catch (InvalidOperationException e)
        {
            throw new InvalidOperationException("no key for the bucket: set Hypernode:Storage:S3:KeyFile, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY", e);
        }
    }
}
