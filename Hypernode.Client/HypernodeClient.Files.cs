using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Text;

namespace Hypernode.Client;

/// <summary>Inputs up, results down.</summary>
public sealed partial class HypernodeClient
{
    private const int ChunkBytes = 128 * 1024;

    /// <summary>Stores a file under its own SHA-256; may be repeated.</summary>
    /// <param name="name">The job reads it at <c>/in/{name}</c>.</param>
    /// <param name="content">Seekable; from where it stands to its end. It stays its owner's.</param>
    /// <exception cref="InvalidDataException">The server stored another file.</exception>
    public async Task<JobInput> UploadAsync(string name, Stream content, CancellationToken cancellationToken = default)
    {
        var start = content.Position;
        var expected = Hash256.FromBytes(await SHA256.HashDataAsync(content, cancellationToken));
        var length = content.Position - start;
        await RenewAsync(cancellationToken);
        using var answer = await _transport.SendAsync(
            () => new HttpRequestMessage(HttpMethod.Post, "/api/blobs") { Content = new StreamBody(content, start) }, mayRepeat: true, cancellationToken);
        var stored = await ReadAsync<StoredFile>(answer, cancellationToken);
        return stored.Sha256 == expected.ToString() && stored.Bytes == length
            ? new JobInput(name, expected, length)
            : throw new InvalidDataException($"the server stored another file than {name}");
    }

    /// <summary>What a paid job left.</summary>
    /// <exception cref="RefusedException">409: it has not ended; 404: it left nothing.</exception>
    public Task<ResultList> ResultsAsync(string jobId, CancellationToken cancellationToken = default) =>
        GetAsync<ResultList>($"{RouteOf(jobId)}/result?list=true", cancellationToken);

    /// <summary>A part of a result file, or all of it.</summary>
    /// <param name="from">The first byte.</param>
    /// <param name="to">The last byte; null: to the end.</param>
    public async Task<byte[]> ResultAsync(string jobId, string name, long from = 0, long? to = null, CancellationToken cancellationToken = default)
    {
        await RenewAsync(cancellationToken);
        using var answer = await _transport.SendAsync(() => Fetching(jobId, name, from, to, null), mayRepeat: true, cancellationToken);
        return await answer.Content.ReadAsByteArrayAsync(cancellationToken);
    }

    /// <summary>Writes a result file to a stream. A transfer that breaks off goes on where it was; at the end it is the file of the list, or none.</summary>
    /// <exception cref="InvalidDataException">What came is not the file of this hash and length: do not use what was written.</exception>
    /// <exception cref="IOException">It broke off again and again.</exception>
    public async Task DownloadAsync(string jobId, ResultFile file, Stream destination, CancellationToken cancellationToken = default)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var written = 0L;
        for (var broken = 0; ; broken++)
        {
            var before = written;
            try
            {
                await RenewAsync(cancellationToken);
                var from = written;
                using var answer = await _transport.SendAsync(
                    () => Fetching(jobId, file.Name, from, null, $"\"{file.Sha256}\""), mayRepeat: true, cancellationToken, HttpCompletionOption.ResponseHeadersRead);
                if (from > 0 && answer.StatusCode != HttpStatusCode.PartialContent)
                {
                    throw new InvalidDataException($"{file.Name}: a part was asked for, and the whole came");
                }

                await using var content = await answer.Content.ReadAsStreamAsync(cancellationToken);
                var buffer = new byte[ChunkBytes];
                for (int read; written <= file.Bytes && (read = await content.ReadAsync(buffer, cancellationToken)) > 0; written += read)
                {
                    hash.AppendData(buffer.AsSpan(0, read));
                    await destination.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
                }

                break;
            }
            catch (Exception e) when (Transport.IsPassing(e) && !cancellationToken.IsCancellationRequested)
            {
                broken = written > before ? 0 : broken;
                if (broken + 1 >= _transport.Options.MaxTries)
                {
                    throw new IOException($"the transfer of {file.Name} breaks off again and again", e);
                }

                await _transport.PauseAsync(broken + 1, null, cancellationToken);
            }
        }

        if (written != file.Bytes || Convert.ToHexStringLower(hash.GetHashAndReset()) != file.Sha256)
        {
            throw new InvalidDataException($"{file.Name} is not the file of its hash");
        }
    }

    /// <summary>The signed receipt of the job's last attempt, as the API writes it: evidence that can be checked offline.</summary>
    public async Task<string> ReceiptAsync(string jobId, CancellationToken cancellationToken = default)
    {
        await RenewAsync(cancellationToken);
        using var answer = await _transport.SendAsync(() => new HttpRequestMessage(HttpMethod.Get, $"{RouteOf(jobId)}/receipt"), mayRepeat: true, cancellationToken);
        return await answer.Content.ReadAsStringAsync(cancellationToken);
    }

    /// <param name="tag">Only of this file, should the name mean another one by now.</param>
    private static HttpRequestMessage Fetching(string jobId, string name, long from, long? to, string? tag)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, $"{RouteOf(jobId)}/result?name={Escaped(name)}");
        if (from > 0 || to is not null)
        {
            request.Headers.Range = new RangeHeaderValue(from, to);
        }

        if (tag is not null)
        {
            request.Headers.TryAddWithoutValidation("If-Match", tag);
        }

        return request;
    }
}
