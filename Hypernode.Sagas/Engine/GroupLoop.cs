namespace Hypernode.Sagas.Engine;

/// <summary>
/// Group commit in its plain form: what arrives while a batch is under way makes the next one. One batch at a time, so the
/// storage sets the pace and the batches grow with the load.
/// </summary>
/// <param name="keysOf">Keys that must not meet in one batch: the later item waits for the next.</param>
/// <param name="pause">
/// After a batch of so many items, before the next: a moment to gather. A batch costs the storage about the same for one
/// item as for ten, so under load waiting a little makes everything cheaper; a lone item never waits.
/// </param>
/// <param name="run">Answers in the batch's order. When it throws, each item is tried alone, so that one bad item spoils no other.</param>
internal sealed class GroupLoop<TItem, TResult>(
    IEngineScheduler scheduler, int maxBatch, Func<TItem, (object, object?)> keysOf, Func<IReadOnlyList<TItem>, Task<IReadOnlyList<TResult>>> run, Func<int, Task>? pause = null)
{
    private readonly Lock _lock = new();
    private readonly LinkedList<(TItem Item, TaskCompletionSource<TResult> Answer)> _waiting = new();
    private List<(TItem Item, TaskCompletionSource<TResult> Answer)> _underWay = [];
    private bool _running;

    /// <summary>Of all that has no answer yet, what came first.</summary>
    public bool TryOldest(out TItem? oldest)
    {
        lock (_lock)
        {
            var any = _underWay.Count > 0 || _waiting.Count > 0;
            oldest = _underWay.Count > 0 ? _underWay[0].Item : any ? _waiting.First!.Value.Item : default;
            return any;
        }
    }

    public Task<TResult> AddAsync(TItem item)
    {
        var answer = scheduler.NewCompletion<TResult>();
        bool start;
        lock (_lock)
        {
            _waiting.AddLast((item, answer));
            start = !_running;
            _running = true;
        }

        if (start)
        {
            // Not at once: whatever is ready to run beside this item comes along.
            scheduler.Run(LoopAsync);
        }

        return answer.Task;
    }

    private async Task LoopAsync()
    {
        while (Take() is { Count: > 0 } batch)
        {
            try
            {
                Answer(batch, await run([.. batch.Select(b => b.Item)]).ConfigureAwait(false));
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                await TryAloneAsync(batch, e).ConfigureAwait(false);
            }

            if (pause is not null)
            {
                await pause(batch.Count).ConfigureAwait(false);
            }
        }
    }

    private async Task TryAloneAsync(List<(TItem Item, TaskCompletionSource<TResult> Answer)> batch, Exception failure)
    {
        if (batch.Count == 1)
        {
            batch[0].Answer.SetException(failure);
            return;
        }

        var failed = 0;
        foreach (var (item, answer) in batch)
        {
            if (failed == 2)
            {
                // Not one bad item: the storage itself refuses. Nobody waits for a hundred time-outs in a row.
                answer.SetException(failure);
                continue;
            }

            try
            {
                answer.SetResult((await run([item]).ConfigureAwait(false))[0]);
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                failed++;
                failure = e;
                answer.SetException(e);
            }
        }
    }

    private static void Answer(List<(TItem Item, TaskCompletionSource<TResult> Answer)> batch, IReadOnlyList<TResult> results)
    {
        if (results.Count != batch.Count)
        {
            throw new InvalidOperationException($"{results.Count} answers for {batch.Count} items");
        }

        for (var i = 0; i < batch.Count; i++)
        {
            batch[i].Answer.SetResult(results[i]);
        }
    }

    private List<(TItem Item, TaskCompletionSource<TResult> Answer)> Take()
    {
        var batch = new List<(TItem, TaskCompletionSource<TResult>)>();
        lock (_lock)
        {
            if (_waiting.Count == 1)
            {
                // Most often, and it meets nobody.
                batch.Add(_waiting.First!.Value);
                _waiting.Clear();
                _underWay = batch;
                return batch;
            }

            var keys = new HashSet<object>();
            for (var node = _waiting.First; node is not null && batch.Count < maxBatch;)
            {
                var next = node.Next;
                var (first, second) = keysOf(node.Value.Item);
                if (!keys.Contains(first) && (second is null || !keys.Contains(second)))
                {
                    keys.Add(first);
                    if (second is not null)
                    {
                        keys.Add(second);
                    }

                    batch.Add(node.Value);
                    _waiting.Remove(node);
                }

                node = next;
            }

            _running = batch.Count > 0;
            _underWay = batch;
        }

        return batch;
    }
}
