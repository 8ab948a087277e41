using System.Net;
using System.Net.Http.Headers;
using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Text;
using Hypernode.NodeAgent.Adapters.Files;
using Hypernode.NodeAgent.Execution;
using Microsoft.Extensions.Logging;

namespace Hypernode.NodeAgent.Adapters.Http;

/// <summary>
/// The files of one attempt over the API. Inputs come through the cache; outputs are files in the attempt's own folder, which goes
/// only when the control plane has the outcome, and are sent until they are confirmed.
/// </summary>
internal sealed class LeasedBlobs(ApiSession session, InputCache cache, ExecuteJob command, string folder, TimeProvider time, ILogger logger) : IAttemptBlobs
{
    /// <summary>An upload slower than this is taken for dead.</summary>
    private const long SlowestBytesPerSecond = 16 * 1024;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private readonly HashSet<Hash256> _confirmed = [];

    private string Outbox => Path.Combine(folder, "outbox");

    /// <exception cref="InputsUnavailableException">The API does not give it to this attempt, or not before the attempt must have begun.</exception>
    public async Task<Stream?> OpenAsync(Hash256 sha256, CancellationToken cancellationToken)
    {
        var input = command.Spec.Inputs?.FirstOrDefault(i => i.Sha256 == sha256);
        return input is null ? null : await cache.OpenAsync(input.Sha256, input.Bytes, part => FetchAsync(input, part, cancellationToken), cancellationToken);
    }

    public async Task<(Hash256 Sha256, long Bytes)> PutAsync(Stream content, long maxBytes, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Outbox);
        var temporary = Path.Combine(Outbox, Path.GetRandomFileName());
        try
        {
            var (sha256, bytes) = await WrittenFile.WriteAsync(content, temporary, maxBytes, cancellationToken);
            File.Move(temporary, PathOf(sha256), overwrite: true); // equal names have equal content
            return (sha256, bytes);
        }
        finally
        {
            File.Delete(temporary); // nothing to delete when it was renamed
        }
    }

    /// <exception cref="DeclinedException">The API takes no output of this attempt any more: nobody waits for it.</exception>
    public async Task DeliverAsync(IReadOnlyCollection<Hash256> files, CancellationToken cancellationToken)
    {
        foreach (var file in files.Where(f => !_confirmed.Contains(f)))
        {
            await PatientlyAsync($"output {file}", DateTimeOffset.MaxValue, () => SendAsync(file, cancellationToken), cancellationToken);
            _confirmed.Add(file);
        }
    }

    private string PathOf(Hash256 sha256) => Path.Combine(Outbox, sha256.ToString());

    private string Route(Hash256 sha256) => $"/api/blobs/{sha256}?job={command.JobId}&attempt={command.Attempt}";

    private async Task<bool> SendAsync(Hash256 sha256, CancellationToken cancellationToken)
    {
        var bytes = new FileInfo(PathOf(sha256)).Length;
        var patience = ApiSession.Patience + TimeSpan.FromSeconds(bytes / SlowestBytesPerSecond);
        using var answer = await session.SendAsync(
            () => new HttpRequestMessage(HttpMethod.Put, Route(sha256)) { Content = new StreamContent(File.OpenRead(PathOf(sha256))) },
            patience,
            cancellationToken);
        if (!answer.IsSuccessStatusCode)
        {
            throw new DeclinedException(
                answer.StatusCode == HttpStatusCode.NotFound ? "expired" : "engine-unavailable",
                $"the API does not take output {sha256}: {(int)answer.StatusCode}");
        }

        return true;
    }

    /// <summary>Goes on where it stopped, until the file is whole, or the attempt is too late to begin.</summary>
    private async Task FetchAsync(JobInput input, string part, CancellationToken cancellationToken)
    {
        var until = DateTimeOffset.FromUnixTimeMilliseconds(command.StartBy);
        try
        {
            await PatientlyAsync($"input {input.Sha256}", until, () => FetchMoreAsync(input, part, cancellationToken), cancellationToken);
        }
        catch (HttpRequestException e)
        {
            throw new InputsUnavailableException($"{input.Name} could not be fetched in time: {e.Message}");
        }
    }

    /// <summary>True when all of it is here.</summary>
    private async Task<bool> FetchMoreAsync(JobInput input, string part, CancellationToken cancellationToken)
    {
        await using var file = new FileStream(part, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None);
        if (file.Length > input.Bytes)
        {
            file.SetLength(0);
        }

        if (file.Length == input.Bytes && input.Bytes > 0)
        {
            return true;
        }

        var have = file.Length;
        using var answer = await session.SendAsync(
            () =>
            {
                var request = new HttpRequestMessage(HttpMethod.Get, Route(input.Sha256));
                request.Headers.Range = have > 0 ? new RangeHeaderValue(have, null) : null;
                return request;
            },
            ApiSession.Patience,
            cancellationToken);
        var rest = answer.StatusCode == HttpStatusCode.PartialContent;
        if (answer.StatusCode != HttpStatusCode.OK && !(rest && answer.Content.Headers.ContentRange?.From == have))
        {
            throw new InputsUnavailableException($"{input.Name} is not given to this attempt: the API answers {(int)answer.StatusCode}");
        }

        file.Position = rest ? have : 0;
        file.SetLength(file.Position);
        await using var body = await answer.Content.ReadAsStreamAsync(cancellationToken);
        await CopyAsync(body, file, input, cancellationToken);
        return file.Length == input.Bytes ? true : throw new HttpRequestException("the API's answer ended too soon");
    }

    private async Task CopyAsync(Stream body, FileStream file, JobInput input, CancellationToken cancellationToken)
    {
        var buffer = new byte[81_920];
        for (int read; (read = await session.WithinAsync(ApiSession.Patience, ct => body.ReadAsync(buffer, ct).AsTask(), cancellationToken)) > 0;)
        {
            if (file.Position + read > input.Bytes)
            {
                throw new InputsUnavailableException($"{input.Name} has more than the {input.Bytes} bytes that were signed");
            }

            await file.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
        }
    }

    private async Task PatientlyAsync(string what, DateTimeOffset until, Func<Task<bool>> act, CancellationToken cancellationToken)
    {
        for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            try
            {
                if (await act())
                {
                    return;
                }
            }
            catch (Exception e) when (e is HttpRequestException or (IOException and not FileNotFoundException) && !cancellationToken.IsCancellationRequested)
            {
                logger.LogWarning("{What} is tried again: {Reason}", what, e.Message);
                if (time.GetUtcNow() + pause > until)
                {
                    throw new HttpRequestException(e.Message, e);
                }
            }

            await Task.Delay(pause, time, cancellationToken);
        }
    }
}
