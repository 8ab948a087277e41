using Hypernode.Contracts.Jobs;
using Hypernode.NodeAgent.Execution;
using Hypernode.NodeAgent.Images;
using Hypernode.NodeAgent.Leases;
using Hypernode.NodeAgent.Tests.Fakes;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hypernode.NodeAgent.Tests.Images;

public sealed class ImageCacheTests : IDisposable
{
    private readonly TestKit _kit = new();
    private readonly FakeTime _time = new();

    public void Dispose() => _kit.Dispose();

    [Fact]
    public async Task Attempts_that_want_one_image_wait_for_one_pull_and_each_is_told_why_it_failed()
    {
        var source = new Gated();
        var options = _kit.Options;
        options.AllowPull = true;
        using var cache = new ImageCache(options, new FakeEngine(_time), source, _time, NullLogger.Instance);
        var image = new ImageReference("x.example/a", "sha256:" + new string('0', 64)); // the fake engine never has it
        using var one = LeaseOf(image);
        using var two = LeaseOf(image);
        var taking = new[] { one, two }.Select(l => cache.TakeAsync(l, image, TimeSpan.FromMinutes(1), default)).ToList();
        await Wait.UntilAsync(() => new[] { one, two }.All(l => l.Log.Count == 1));
        source.Gate.SetException(new ImagePullException("manifest unknown"));

        foreach (var waiting in taking)
        {
            (await Should.ThrowAsync<DeclinedException>(() => waiting)).Message.ShouldBe("not to be had: manifest unknown");
        }

        source.Pulls.ShouldBe(1);
    }

    private Lease LeaseOf(ImageReference image)
    {
        var command = _kit.Execute(new JobSpec(JobType.Custom, image.ToString(), new JobLimits(1_000, 64), 5, Script: "true"), _time.NowMs);
        var folder = Directory.CreateDirectory(Path.Combine(_kit.Folder, command.JobId.ToString())).FullName;
        var log = LogChain.Open(folder, command.JobId, 1, _time);
        return new Lease(command, folder, log, new AttemptMail(log, _kit.Link, _time, NullLogger.Instance));
    }

    private sealed class Gated : IImageSource
    {
        private int _pulls;

        public TaskCompletionSource Gate { get; } = new();

        public int Pulls => _pulls;

        public Task PullAsync(ImageReference image, long maxBytes, Action<PullProgress> progress, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _pulls);
            return Gate.Task;
        }

        public Task<(long Bytes, bool NamedByOthers)?> DescribeAsync(ImageReference image, CancellationToken cancellationToken) => Task.FromResult<(long, bool)?>(null);

        public Task<bool> RemoveAsync(ImageReference image, CancellationToken cancellationToken) => Task.FromResult(true);
    }
}
