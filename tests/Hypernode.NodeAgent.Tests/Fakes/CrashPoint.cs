using System.Runtime.CompilerServices;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.NodeAgent.Execution;

namespace Hypernode.NodeAgent.Tests.Fakes;

/// <summary>Where an agent dies: right before or right after it does a thing to the world for the n-th time. From then on it does nothing any more.</summary>
/// <param name="step">As in <c>create 1</c>; null: it lives on, and the steps are only counted.</param>
internal sealed class CrashPoint(string? step, bool before)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _counts = [];
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Reached => _reached.Task;

    /// <summary>The first four of each kind.</summary>
    public IReadOnlyList<string> Seen
    {
        get
        {
            lock (_gate)
            {
                return [.. _counts.SelectMany(c => Enumerable.Range(1, Math.Min(4, c.Value)).Select(n => $"{c.Key} {n}"))];
            }
        }
    }

    public async Task<T> PassAsync<T>(string kind, Func<Task<T>> act, CancellationToken cancellationToken)
    {
        var here = Count(kind) == step;
        if (Reached.IsCompleted || (here && before))
        {
            await DieAsync(cancellationToken);
        }

        var result = await act();
        if (here)
        {
            await DieAsync(cancellationToken);
        }

        return result;
    }

    public Task PassAsync(string kind, Func<Task> act, CancellationToken cancellationToken) => PassAsync(
        kind,
        async () =>
        {
            await act();
            return true;
        },
        cancellationToken);

    private string Count(string kind)
    {
        lock (_gate)
        {
            return $"{kind} {_counts[kind] = _counts.GetValueOrDefault(kind) + 1}";
        }
    }

    private Task DieAsync(CancellationToken cancellationToken)
    {
        _reached.TrySetResult();
        return Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
    }
}

internal sealed class CrashingEngine(FakeEngine inner, CrashPoint point) : IContainerEngine
{
    public bool Sandboxed => true;

    public Task<ImageFound?> ResolveImageAsync(ImageReference image, CancellationToken cancellationToken) =>
        point.PassAsync("resolve", () => inner.ResolveImageAsync(image, cancellationToken), cancellationToken);

    public Task<string> CreateAsync(ContainerPlan plan, CancellationToken cancellationToken) =>
        point.PassAsync("create", () => inner.CreateAsync(plan, cancellationToken), cancellationToken);

    public Task<IOutputFeed?> ListenAsync(string id, CancellationToken cancellationToken) => point.PassAsync<IOutputFeed?>(
        "listen", async () => new CrashingFeed((await inner.ListenAsync(id, cancellationToken))!, point), cancellationToken);

    public Task StartAsync(string id, CancellationToken cancellationToken) =>
        point.PassAsync("start", () => inner.StartAsync(id, cancellationToken), cancellationToken);

    public Task<ContainerState?> InspectAsync(string id, CancellationToken cancellationToken) =>
        point.PassAsync("inspect", () => inner.InspectAsync(id, cancellationToken), cancellationToken);

    public Task WaitAsync(string id, CancellationToken cancellationToken) =>
        point.PassAsync("wait", () => inner.WaitAsync(id, cancellationToken), cancellationToken);

    public async IAsyncEnumerable<LogPiece> ReadLogsAsync(string id, bool follow, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var piece in inner.ReadLogsAsync(id, follow, cancellationToken))
        {
            yield return await point.PassAsync("log", () => Task.FromResult(piece), cancellationToken);
        }
    }

    public Task KillAsync(string id, bool force, CancellationToken cancellationToken) =>
        point.PassAsync("kill", () => inner.KillAsync(id, force, cancellationToken), cancellationToken);

    public Task<Stream> OpenOutputsAsync(string id, CancellationToken cancellationToken) =>
        point.PassAsync("outputs", () => inner.OpenOutputsAsync(id, cancellationToken), cancellationToken);

    public Task RemoveAsync(string id, CancellationToken cancellationToken) =>
        point.PassAsync("remove", () => inner.RemoveAsync(id, cancellationToken), cancellationToken);

    public Task<IReadOnlyList<ContainerFound>> ListAsync(string label, string value, CancellationToken cancellationToken) =>
        point.PassAsync("list", () => inner.ListAsync(label, value, cancellationToken), cancellationToken);
}

internal sealed class CrashingFeed(IOutputFeed inner, CrashPoint point) : IOutputFeed
{
    public async IAsyncEnumerable<LogPiece> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var piece in inner.ReadAsync(cancellationToken))
        {
            yield return await point.PassAsync("output", () => Task.FromResult(piece), cancellationToken);
        }
    }

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}

internal sealed class CrashingLink(FakeLink inner, CrashPoint point) : IAgentLink
{
    public Task ListenAsync(Func<NodeCommand, CancellationToken, Task> handle, CancellationToken cancellationToken) => inner.ListenAsync(
        (command, token) => point.PassAsync("take", () => handle(command, token), token), cancellationToken);

    public Task SendAsync(NodeMessage message, CancellationToken cancellationToken) =>
        point.PassAsync(message is Beat { Leases.Count: 0 } ? "idle beat" : "send", () => inner.SendAsync(message, cancellationToken), cancellationToken);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
