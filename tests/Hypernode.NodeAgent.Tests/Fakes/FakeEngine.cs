using System.Formats.Tar;
using System.Runtime.CompilerServices;
using Hypernode.NodeAgent.Execution;

namespace Hypernode.NodeAgent.Tests.Fakes;

/// <summary>Containers that do what the test says. They outlive agents, as real ones do.</summary>
internal sealed class FakeEngine(TimeProvider time) : IContainerEngine
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Container> _containers = [];
    private int _numbers;

    internal sealed class Container(ContainerPlan plan, string id)
    {
        public string Id { get; } = id;

        public ContainerPlan Plan { get; } = plan;

        public ContainerState State { get; set; } = new(ContainerStatus.Created, plan.Image.Id, default, default, 0, false);

        public List<LogPiece> Output { get; } = [];

        public List<string> Signals { get; } = [];
    }

    public bool Sandboxed => true;

    /// <summary>Every call throws while it is set.</summary>
    public bool Down { get; set; }

    /// <summary>Removing a container does not return while it is set.</summary>
    public TaskCompletionSource? SlowRemoval { get; set; }

    /// <summary>Containers end at the first SIGTERM.</summary>
    public bool EndsAtTerm { get; set; } = true;

    public int Created { get; private set; }

    public int Started { get; private set; }

    /// <summary>Outputs are not to be had while it is set.</summary>
    public TaskCompletionSource? SlowOutputs { get; set; }

    public IReadOnlyList<Container> All
    {
        get
        {
            lock (_gate)
            {
                return [.. _containers.Values];
            }
        }
    }

    public void Print(Container container, string text, string stream = "stdout")
    {
        lock (_gate)
        {
            container.Output.Add(new LogPiece(stream, System.Text.Encoding.UTF8.GetBytes(text)));
        }
    }

    public void End(Container container, int exitCode = 0, bool outOfMemory = false)
    {
        lock (_gate)
        {
            container.State = container.State with { Status = ContainerStatus.Ended, ExitCode = exitCode, FinishedAt = time.GetUtcNow(), OutOfMemory = outOfMemory };
        }
    }

    public Task<ImageFound?> ResolveImageAsync(ImageReference image, CancellationToken cancellationToken)
    {
        Answer();
        return Task.FromResult(image.Digest.EndsWith('0') ? null : new ImageFound(image.Digest, image.ToString(), []));
    }

    public Task<string> CreateAsync(ContainerPlan plan, CancellationToken cancellationToken)
    {
        Answer();
        lock (_gate)
        {
            Created++;
            var container = new Container(plan, $"c{++_numbers}");
            _containers[container.Id] = container;
            return Task.FromResult(container.Id);
        }
    }

    public Task<IOutputFeed?> ListenAsync(string id, CancellationToken cancellationToken)
    {
        Answer();
        return Task.FromResult<IOutputFeed?>(new Feed(this, id));
    }

    public Task StartAsync(string id, CancellationToken cancellationToken)
    {
        Answer();
        lock (_gate)
        {
            Started++;
            _containers[id].State = _containers[id].State with { Status = ContainerStatus.Running, StartedAt = time.GetUtcNow() };
        }

        return Task.CompletedTask;
    }

    public Task<ContainerState?> InspectAsync(string id, CancellationToken cancellationToken)
    {
        Answer();
        return Task.FromResult(Find(id)?.State);
    }

    public async Task WaitAsync(string id, CancellationToken cancellationToken)
    {
        do
        {
            Answer();
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, cancellationToken);
        }
        while (Find(id) is { State.Status: ContainerStatus.Running });
    }

    public async IAsyncEnumerable<LogPiece> ReadLogsAsync(string id, bool follow, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var i = 0; ;)
        {
            Answer();
            var running = follow && Find(id) is { State.Status: ContainerStatus.Running };
            List<LogPiece> pieces;
            lock (_gate)
            {
                pieces = Find(id)?.Output[i..] ?? [];
            }

            foreach (var piece in pieces)
            {
                i++;
                yield return piece;
            }

            if (!running)
            {
                yield break;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, cancellationToken);
        }
    }

    public Task KillAsync(string id, bool force, CancellationToken cancellationToken)
    {
        Answer();
        if (Find(id) is { } container)
        {
            container.Signals.Add($"{(force ? "KILL" : "TERM")} {time.GetUtcNow():mm:ss}");
            if ((force || EndsAtTerm) && container.State.Status == ContainerStatus.Running)
            {
                End(container, force ? 137 : 143);
            }
        }

        return Task.CompletedTask;
    }

    public async Task<Stream> OpenOutputsAsync(string id, CancellationToken cancellationToken)
    {
        Answer();
        await (SlowOutputs?.Task.WaitAsync(cancellationToken) ?? Task.CompletedTask);
        var memory = new MemoryStream();
        await TarFile.CreateFromDirectoryAsync(Find(id)!.Plan.OutFolder, memory, includeBaseDirectory: false, cancellationToken);
        memory.Position = 0;
        return memory;
    }

    public async Task RemoveAsync(string id, CancellationToken cancellationToken)
    {
        Answer();
        await (SlowRemoval?.Task.WaitAsync(cancellationToken) ?? Task.CompletedTask);
        lock (_gate)
        {
            _containers.Remove(id);
        }
    }

    public Task<IReadOnlyList<ContainerFound>> ListAsync(string label, string value, CancellationToken cancellationToken)
    {
        Answer();
        return Task.FromResult<IReadOnlyList<ContainerFound>>(
            [.. All.Where(c => c.Plan.Labels.GetValueOrDefault(label) == value)
                .Select(c => new ContainerFound(c.Id, c.State.Status == ContainerStatus.Running, c.Plan.Labels))]);
    }

    private Container? Find(string id)
    {
        lock (_gate)
        {
            return _containers.GetValueOrDefault(id);
        }
    }

    /// <summary>As from a real engine, its two streams are mixed in another order than in the log.</summary>
    private sealed class Feed(FakeEngine engine, string id) : IOutputFeed
    {
        public async IAsyncEnumerable<LogPiece> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
        {
            for (var i = 0; ;)
            {
                engine.Answer();
                var running = engine.Find(id) is { State.Status: not ContainerStatus.Ended };
                List<LogPiece> pieces;
                lock (engine._gate)
                {
                    pieces = engine.Find(id)?.Output[i..] ?? [];
                }

                i += pieces.Count;
                foreach (var piece in pieces.OrderBy(p => p.Stream, StringComparer.Ordinal))
                {
                    yield return piece;
                }

                if (!running)
                {
                    yield return LogPiece.End;
                    yield break;
                }

                await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, cancellationToken);
            }
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private void Answer()
    {
        if (Down)
        {
            throw new EngineUnavailableException("the engine is away");
        }
    }
}

/// <summary>Plain folders that call themselves hard.</summary>
internal sealed class FakeOutputs : IOutputFolders
{
    private int _releases;

    public bool Hard => true;

    /// <summary>A mount that does not go: releasing throws while it is set.</summary>
    public bool Stuck { get; set; }

    public int Releases => _releases;

    public Task<string> PrepareAsync(string attemptFolder, int megabytes, CancellationToken cancellationToken) =>
        Task.FromResult(Directory.CreateDirectory(Path.Combine(attemptFolder, "out")).FullName);

    public Task ReleaseAsync(string attemptFolder, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _releases);
        return Stuck ? throw new IOException("the mount is busy") : Task.CompletedTask;
    }
}
