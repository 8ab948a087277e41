using System.Net;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Amazon.S3.Transfer;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;

namespace Hypernode.Storage.Blobs;

/// <summary>
/// Objects named by their SHA-256, as <see cref="FileBlobStore"/> names its files: <c>ab/cd/abcd…</c>. What comes is hashed in a local
/// file first, so the bucket sees whole objects under their final names only. What is read is checked on the way.
/// </summary>
internal sealed class S3BlobStore(IAmazonS3 client, S3Options options, TimeProvider time) : IBlobStore, IBlobProbe, IDisposable
{
    /// <summary>Larger files go in parts: one request takes 5 GiB at most, and a part that fails is only a part.</summary>
    private const long PartBytes = 32L * 1024 * 1024;

    private static readonly TimeSpan ProbePatience = TimeSpan.FromSeconds(5);

    private string Spool => options.SpoolPath.Length > 0 ? options.SpoolPath : Path.Combine(Path.GetTempPath(), "hypernode-spool");

    public async Task<(Hash256 Sha256, long Bytes)> PutAsync(Stream content, long maxBytes, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Spool);
        var file = Path.Combine(Spool, Path.GetRandomFileName());
        try
        {
            var (sha256, bytes) = await HashedFile.WriteAsync(content, file, maxBytes, cancellationToken);
            await Reached(
                async () =>
                {
                    if (await LengthOfAsync(sha256, cancellationToken) != bytes)
                    {
                        await UploadAsync(file, sha256, bytes, cancellationToken);
                    }

                    return true;
                },
                cancellationToken);
            return (sha256, bytes);
        }
        finally
        {
            File.Delete(file);
        }
    }

    public async Task<Stream?> OpenAsync(Hash256 sha256, CancellationToken cancellationToken)
    {
        var first = await Reached(() => GetAsync(sha256, null, 0, cancellationToken), cancellationToken);
        return first is null ? null : new S3ObjectStream(first, sha256, (etag, from, ct) => Reached(() => GetAsync(sha256, etag, from, ct), ct));
    }

    public async Task<StorageHealth> ProbeAsync(CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(ProbePatience, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        var began = time.GetTimestamp();
        try
        {
            // What we do with it: look for an object. That there is none of this name is an answer.
            (await Reached(() => GetAsync(Hash256.Zero, null, 0, both.Token), both.Token))?.Dispose();
            return new StorageHealth(StorageCondition.Ok, "", time.GetElapsedTime(began));
        }
        catch (StorageUnavailableException e)
        {
            return new StorageHealth(e.Condition, e.Message, time.GetElapsedTime(began));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new StorageHealth(StorageCondition.Unreachable, $"the bucket did not answer within {ProbePatience.TotalSeconds:F0} s", time.GetElapsedTime(began));
        }
    }

    public void Dispose() => client.Dispose();

    private string KeyOf(Hash256 sha256)
    {
        var hex = sha256.ToString();
        return $"{options.Prefix}{hex[..2]}/{hex[2..4]}/{hex}";
    }

    /// <returns>Null: not there.</returns>
    private async Task<long?> LengthOfAsync(Hash256 sha256, CancellationToken cancellationToken)
    {
        try
        {
            return (await client.GetObjectMetadataAsync(options.Bucket, KeyOf(sha256), cancellationToken)).ContentLength;
        }
        catch (AmazonS3Exception e) when (e.StatusCode == HttpStatusCode.NotFound)
        {
            return null; // nor is the bucket, perhaps: then the upload says so
        }
    }

    private async Task UploadAsync(string file, Hash256 sha256, long bytes, CancellationToken cancellationToken)
    {
        if (bytes > PartBytes)
        {
            using var transfer = new TransferUtility(client, new TransferUtilityConfig { ConcurrentServiceRequests = 2 });
            await transfer.UploadAsync(
                new TransferUtilityUploadRequest { BucketName = options.Bucket, Key = KeyOf(sha256), FilePath = file, PartSize = PartBytes, DisablePayloadSigning = false },
                cancellationToken);
            return;
        }

        // The server holds the body against this hash, where it knows how; the signature covers it everywhere.
        await client.PutObjectAsync(
            new PutObjectRequest
            {
                BucketName = options.Bucket,
                Key = KeyOf(sha256),
                FilePath = file,
                UseChunkEncoding = false,
                ChecksumSHA256 = Convert.ToBase64String(sha256.ToBytes()),
            },
            cancellationToken);
    }

    private async Task<GetObjectResponse?> GetAsync(Hash256 sha256, string? etag, long from, CancellationToken cancellationToken)
    {
        try
        {
            return await client.GetObjectAsync(
                new GetObjectRequest
                {
                    BucketName = options.Bucket,
                    Key = KeyOf(sha256),
                    EtagToMatch = etag,
                    ByteRange = from > 0 ? new ByteRange(from, long.MaxValue) : null,
                },
                cancellationToken);
        }
        catch (AmazonS3Exception e) when (e.ErrorCode == "NoSuchKey")
        {
            return null;
        }
    }

    /// <summary>What the server or the way to it can't do now is the storage's condition, in words that hold no address, name or key.</summary>
    /// <exception cref="StorageUnavailableException">The bucket does not answer, is not there, or refuses our key.</exception>
    private static async Task<T> Reached<T>(Func<Task<T>> act, CancellationToken cancellationToken)
    {
        try
        {
            return await act();
        }
        catch (AmazonServiceException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new StorageUnavailableException(StorageCondition.Unreachable, ReasonOf(e), e);
        }
        catch (Exception e) when (e is AmazonClientException or HttpRequestException or TimeoutException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            throw new StorageUnavailableException(StorageCondition.Unreachable, "the bucket's server does not answer", e);
        }
    }

    private static string ReasonOf(AmazonServiceException e) => e.StatusCode switch
    {
        HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized => "the bucket's server refuses our key",
        HttpStatusCode.NotFound => "there is no such bucket",
        default(HttpStatusCode) => "the bucket's server does not answer",
        _ => $"the bucket's server answers {(int)e.StatusCode}",
    };
}
