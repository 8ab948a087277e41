using System.Globalization;
using Hypernode.NodeAgent.Execution;
using Hypernode.NodeAgent.Leases;
using Microsoft.Extensions.Logging;

namespace Hypernode.NodeAgent.Images;

/// <summary>
/// Images for attempts: found, or pulled once for all who want them, and held until the attempt is over. Of what it pulled itself it
/// throws the oldest away when there is more than the operator gives it; never what an attempt holds or a container is made from,
/// and never what the operator brought.
/// </summary>
internal sealed class ImageCache : IDisposable
{
    private readonly AgentOptions _options;
    private readonly IContainerEngine _engine;
    private readonly IImageSource? _source;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly PulledImages _pulled;
    private readonly SemaphoreSlim _turn = new(1);
    private readonly Dictionary<Lease, ImageReference> _held = [];
    private readonly Dictionary<string, ImagePull> _pulls = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _down = new();

    /// <param name="source">Null: this engine has no images to fetch.</param>
    public ImageCache(AgentOptions options, IContainerEngine engine, IImageSource? source, TimeProvider time, ILogger logger)
    {
        (_options, _engine, _source, _time, _logger) = (options, engine, source, time, logger);
        _pulled = new PulledImages(options.DataFolder);
    }

    public static ImageCache Of(AgentOptions options, IContainerEngine engine, TimeProvider time, ILogger logger) =>
        new(options, engine, (engine as Adapters.Docker.DockerEngine)?.Images, time, logger);

    /// <summary>The image, held for the lease from now on.</summary>
    /// <exception cref="DeclinedException">It is not here and not to be had, or not in time; with the engine's reason.</exception>
    public async Task<ImageFound> TakeAsync(Lease lease, ImageReference image, TimeSpan patience, CancellationToken cancellationToken)
    {
        if (await HoldAsync(lease, image, cancellationToken) is { } here)
        {
            return here;
        }

        if (image.Name is null || !_options.AllowPull || _source is null)
        {
            throw new DeclinedException("image-unavailable", "the engine has no such image");
        }

        lease.Log.Say($"pulling image {image}");
        var pull = Begin(image);
        pull.Join(lease.Log.Say);
        try
        {
            await pull.Done.WaitAsync(patience > TimeSpan.Zero ? patience : TimeSpan.Zero, _time, cancellationToken);
        }
        catch (TimeoutException)
        {
            throw new DeclinedException("image-unavailable", $"the image was not here in time: {pull.Last}");
        }
        catch (Exception e) when (e is ImagePullException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new DeclinedException("image-unavailable", e is ImagePullException ? $"not to be had: {e.Message}" : $"the pull took too long: {pull.Last}");
        }
        finally
        {
            pull.Leave(lease.Log.Say);
        }

        return await HoldAsync(lease, image, cancellationToken) ?? throw new DeclinedException("image-unavailable", "the engine has pulled another image, or none");
    }

    /// <summary>The attempt and its container are over. Releasing twice is no error.</summary>
    public async Task ReleaseAsync(Lease lease, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (_held.Remove(lease))
            {
                await TrimAsync(cancellationToken);
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>The images that the node says it runs, before anybody asks for them.</summary>
    public async Task PrefetchAsync(CancellationToken cancellationToken)
    {
        foreach (var text in _options.AllowPull && _source is not null ? _options.Images : [])
        {
            try
            {
                if (ImageReference.TryParse(text, out var image) && image.Name is not null && await _engine.ResolveImageAsync(image, cancellationToken) is null)
                {
                    await Begin(image).Done.WaitAsync(cancellationToken);
                }
            }
            catch (Exception e) when (e is ImagePullException or EngineUnavailableException or EngineRefusedException or IOException or HttpRequestException
                || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                _logger.LogWarning("{Image} could not be pulled ahead: {Reason}", text, e.Message);
            }
        }
    }

    public void Dispose()
    {
        _down.Cancel();
        _down.Dispose();
    }

    /// <summary>In turn with throwing away: what is found is held before anybody can think it unused.</summary>
    private async Task<ImageFound?> HoldAsync(Lease lease, ImageReference image, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (await _engine.ResolveImageAsync(image, cancellationToken) is not { } found)
            {
                return null;
            }

            _held[lease] = image;
            if (_pulled.OldestFirst.FirstOrDefault(i => i.Reference == image.ToString()) is { } known)
            {
                _pulled.Put(known with { UsedAt = _time.GetUtcNow().ToUnixTimeMilliseconds() });
            }

            return found;
        }
        finally
        {
            _turn.Release();
        }
    }

    private ImagePull Begin(ImageReference image)
    {
        lock (_pulls)
        {
            if (_pulls.TryGetValue(image.ToString(), out var running))
            {
                return running;
            }

            var limit = CancellationTokenSource.CreateLinkedTokenSource(_down.Token);
            limit.CancelAfter(TimeSpan.FromSeconds(_options.MaxPullSeconds));
            var pull = new ImagePull(
                new Recording(this, _source!), image, _options.MaxImageMb * 1024L * 1024, _time, line => _logger.LogInformation("{Line}", line), limit.Token);
            _pulls[image.ToString()] = pull;
            _ = pull.Done.ContinueWith(
                done =>
                {
                    lock (_pulls)
                    {
                        _pulls.Remove(image.ToString());
                    }

                    limit.Dispose();
                    if (done.Exception is { } e)
                    {
                        _logger.LogWarning("{Image} is not pulled: {Reason}", image, e.InnerException?.Message);
                    }
                },
                CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            return pull;
        }
    }

    private async Task RecordAsync(ImageReference image, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (await _source!.DescribeAsync(image, cancellationToken) is not { } facts)
            {
                return;
            }

            var cap = _options.MaxImageMb * 1024L * 1024;
            if (cap > 0 && facts.Bytes > cap)
            {
                await _source.RemoveAsync(image, cancellationToken);
                throw new ImagePullException(string.Create(CultureInfo.InvariantCulture, $"unpacked it has {facts.Bytes >> 20} MiB, more than the {_options.MaxImageMb} that an image may have here"));
            }

            _pulled.Put(new PulledImage(image.ToString(), facts.Bytes, _time.GetUtcNow().ToUnixTimeMilliseconds()));
            await TrimAsync(cancellationToken, except: image);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <param name="except">Just pulled: somebody is about to hold it.</param>
    private async Task TrimAsync(CancellationToken cancellationToken, ImageReference? except = null)
    {
        var cap = _options.MaxImageCacheMb * 1024L * 1024;
        foreach (var oldest in cap > 0 && _source is not null ? _pulled.OldestFirst : [])
        {
            if (_pulled.Bytes <= cap)
            {
                return;
            }

            if (!ImageReference.TryParse(oldest.Reference, out var image) || image == except || _held.ContainsValue(image) || IsBeingPulled(image))
            {
                continue;
            }

            // Gone, or named by the operator meanwhile: then it is the agent's no longer.
            if (await _source!.DescribeAsync(image, cancellationToken) is not { NamedByOthers: false } || await _source.RemoveAsync(image, cancellationToken))
            {
                _pulled.Forget(oldest.Reference);
                _logger.LogInformation("{Image} of {Mb} MiB has left the cache", image, oldest.Bytes >> 20);
            }
        }
    }

    private bool IsBeingPulled(ImageReference image)
    {
        lock (_pulls)
        {
            return _pulls.ContainsKey(image.ToString());
        }
    }

    /// <summary>A pull is done when it is on record: else a crash in between would leave an image that is nobody's.</summary>
    private sealed class Recording(ImageCache cache, IImageSource source) : IImageSource
    {
        public async Task PullAsync(ImageReference image, long maxBytes, Action<PullProgress> progress, CancellationToken cancellationToken)
        {
            await source.PullAsync(image, maxBytes, progress, cancellationToken);
            await cache.RecordAsync(image, cancellationToken);
        }

        public Task<(long Bytes, bool NamedByOthers)?> DescribeAsync(ImageReference image, CancellationToken cancellationToken) => source.DescribeAsync(image, cancellationToken);

        public Task<bool> RemoveAsync(ImageReference image, CancellationToken cancellationToken) => source.RemoveAsync(image, cancellationToken);
    }
}
