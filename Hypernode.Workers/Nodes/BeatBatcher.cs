using Hypernode.Contracts.Ports;

namespace Hypernode.Workers.Nodes;

/// <summary>
/// Gathers beats that arrive while a write is under way, and writes them together: ten thousand nodes cost as many writes a
/// second as the database takes, not as many as there are beats.
/// </summary>
/// <param name="waiting">How senders go on: on the pool in a host; inline in a simulation, which has one thread.</param>
internal sealed class BeatBatcher(INodeDirectory nodes, TaskCreationOptions waiting)
{
    private const int MaxBatch = 512;

    private readonly Lock _gate = new();
    private readonly Queue<(ReceivedBeat Beat, TaskCompletionSource Done)> _waiting = new();
    private bool _writing;

    /// <summary>Completes when the beat is written.</summary>
    public Task AddAsync(ReceivedBeat beat, CancellationToken cancellationToken)
    {
        var done = new TaskCompletionSource(waiting);
        bool begin;
        lock (_gate)
        {
            _waiting.Enqueue((beat, done));
            begin = !_writing;
            _writing = true;
        }

        if (begin)
        {
            _ = WriteAsync();
        }

        return done.Task.WaitAsync(cancellationToken);
    }

    /// <summary>One writer at a time. Not cancelled with any one caller: the batch belongs to all of them.</summary>
    private async Task WriteAsync()
    {
        while (TakeBatch() is { Count: > 0 } batch)
        {
            try
            {
                await nodes.RecordBeatsAsync([.. batch.Select(b => b.Beat)], CancellationToken.None);
                batch.ForEach(b => b.Done.TrySetResult());
            }
            catch (Exception e)
            {
                // Every sender learns of it, and its link keeps the message.
                batch.ForEach(b => b.Done.TrySetException(e));
            }
        }
    }

    private List<(ReceivedBeat Beat, TaskCompletionSource Done)> TakeBatch()
    {
        lock (_gate)
        {
            var batch = new List<(ReceivedBeat, TaskCompletionSource)>(Math.Min(_waiting.Count, MaxBatch));
            while (batch.Count < MaxBatch && _waiting.TryDequeue(out var next))
            {
                batch.Add(next);
            }

            _writing = batch.Count > 0;
            return batch;
        }
    }
}
