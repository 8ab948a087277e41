namespace Hypernode.Solana.Rpc.Adapters;

/// <summary>
/// Questions for single signatures that come within a moment go out as one: hundreds of waiting transactions then cost a
/// node a few requests a second, not thousands.
/// </summary>
internal sealed class StatusGatherer(Func<IReadOnlyList<string>, bool, Task<SignatureStatuses>> ask, TimeSpan moment, TimeProvider time)
{
    private const int MostInOne = 256;

    private readonly Lock gate = new();
    private readonly Dictionary<bool, Batch> open = [];

    public async Task<SignatureStatuses> AskAsync(string signature, bool searchHistory, CancellationToken cancellation)
    {
        Batch batch;
        int place;
        var isFirst = false;
        lock (gate)
        {
            if (!open.TryGetValue(searchHistory, out batch!))
            {
                batch = open[searchHistory] = new Batch();
                isFirst = true;
            }

            place = batch.Signatures.Count;
            batch.Signatures.Add(signature);
            if (batch.Signatures.Count == MostInOne)
            {
                open.Remove(searchHistory);
                batch.Full.TrySetResult();
            }
        }

        if (isFirst)
        {
            // Not within the lock, which this thread could enter again: on a busy machine the moment may have passed already.
            _ = SendAsync(batch, searchHistory);
        }

        var answer = await batch.Answer.Task.WaitAsync(cancellation);
        return new SignatureStatuses(answer.Slot, [answer.Value[place]]);
    }

    private async Task SendAsync(Batch batch, bool searchHistory)
    {
        await Task.WhenAny(batch.Full.Task, Task.Delay(moment, time));
        lock (gate)
        {
            if (open.TryGetValue(searchHistory, out var current) && current == batch)
            {
                open.Remove(searchHistory);
            }
        }

        try
        {
            batch.Answer.SetResult(await ask(batch.Signatures, searchHistory));
        }
        catch (Exception e)
        {
            // Everybody in it gets the same refusal or silence, and asks again by himself.
            batch.Answer.SetException(e);
            _ = batch.Answer.Task.Exception;
        }
    }

    private sealed class Batch
    {
        public List<string> Signatures { get; } = [];

        public TaskCompletionSource Full { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource<SignatureStatuses> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

/// <summary>A question that is the same for everybody: who asks while it is under way shares the answer.</summary>
internal sealed class SharedQuestion<T>(Func<Task<T>> ask)
{
    private readonly Lock gate = new();
    private Task<T>? underWay;

    public Task<T> AskAsync(CancellationToken cancellation)
    {
        lock (gate)
        {
            if (underWay is null || underWay.IsCompleted)
            {
                underWay = ask();
            }

            return underWay.WaitAsync(cancellation);
        }
    }
}
