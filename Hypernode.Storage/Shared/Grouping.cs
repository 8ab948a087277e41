using Hypernode.Contracts.Ports;

namespace Hypernode.Storage.Shared;

/// <summary>
/// Requests that come at the same time go together: while one group is under way, the next gathers. A lone one waits for
/// nobody, and under load each costs a share of one round trip and, when it writes, of one flush to the disk.
/// </summary>
/// <param name="write">One answer an item, in their order. It decides each for itself: a refusal is an answer, not an exception.</param>
/// <param name="largest">Items in one group.</param>
/// <param name="gather">After a group of so many: a pause before the next.</param>
internal sealed class Grouping<TItem, TResult>(Func<IReadOnlyList<TItem>, Task<IReadOnlyList<TResult>>> write, int largest, Func<int, Task>? gather = null)
{
    private readonly Lock _lock = new();
    private readonly Queue<Waiting> _next = [];
    private bool _writing;

    /// <param name="cancellationToken">Heard until the item's group is being written: then its answer is what became of it.</param>
    public Task<TResult> AskAsync(TItem item, CancellationToken cancellationToken)
    {
        var waiting = new Waiting(item, cancellationToken);
        lock (_lock)
        {
            _next.Enqueue(waiting);
            if (!_writing)
            {
                _writing = true;
                _ = Task.Run(WriteAllAsync, CancellationToken.None); // not on the asker's thread: it would write for all who come after it
            }
        }

        return waiting.Answer.Task;
    }

    private async Task WriteAllAsync()
    {
        while (Take() is { Count: > 0 } group)
        {
            await AnswerAsync(group);
            if (gather is not null)
            {
                await gather(group.Count);
            }
        }
    }

    private List<Waiting> Take()
    {
        var group = new List<Waiting>();
        lock (_lock)
        {
            while (group.Count < largest && _next.TryDequeue(out var waiting))
            {
                if (!waiting.GivenUp())
                {
                    group.Add(waiting);
                }
            }

            _writing = group.Count > 0;
        }

        return group;
    }

    private async Task AnswerAsync(IReadOnlyList<Waiting> group)
    {
        try
        {
            var results = await write([.. group.Select(w => w.Item)]);
            for (var i = 0; i < group.Count; i++)
            {
                group[i].Answer.TrySetResult(results[i]);
            }
        }
        catch (Exception e) when (group.Count > 1 && e is not StorageUnavailableException)
        {
            // One of them can't be written at all (a broken constraint): alone, it fails alone.
            foreach (var waiting in group)
            {
                await AnswerAsync([waiting]);
            }
        }
        catch (Exception e) // handed to who asked
        {
            foreach (var waiting in group)
            {
                waiting.Answer.TrySetException(e);
            }
        }
    }

    private sealed class Waiting(TItem item, CancellationToken cancellationToken)
    {
        public TItem Item { get; } = item;

        public TaskCompletionSource<TResult> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool GivenUp() => cancellationToken.IsCancellationRequested && Answer.TrySetCanceled(cancellationToken);
    }
}
