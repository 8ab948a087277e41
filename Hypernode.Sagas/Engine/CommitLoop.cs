using Hypernode.Contracts.Ports;
using Microsoft.Extensions.Options;

namespace Hypernode.Sagas.Engine;

/// <summary>Gathers the transitions of many jobs into one transaction: one round trip and one fsync for all of them.</summary>
public sealed class CommitLoop
{
    private readonly ISagaJournal _journal;
    private readonly TimeProvider _time;
    private readonly GroupLoop<(SagaCommit Commit, long At), CommitResult> _loop;
    private readonly Lock _lock = new();
    private List<Guid> _delivered = [];

    public CommitLoop(ISagaJournal journal, IEngineScheduler scheduler, TimeProvider time, IOptions<EngineOptions> options)
    {
        (_journal, _time) = (journal, time);
        var gather = TimeSpan.FromMilliseconds(options.Value.GatherMilliseconds);
        _loop = new(
            scheduler,
            options.Value.Batch,
            c => (c.Commit.MessageId, c.Commit.Job?.Id),
            batch => CommitAsync([.. batch.Select(b => b.Commit)]),
            items => items >= options.Value.GatherFrom && gather > TimeSpan.Zero ? Task.Delay(gather, time) : Task.CompletedTask);
    }

    /// <summary>The age of the oldest commit that has no answer yet; zero when there is none. Any thread may ask.</summary>
    public TimeSpan Backlog => _loop.TryOldest(out var oldest) ? _time.GetElapsedTime(oldest.At) : TimeSpan.Zero;

    /// <summary>
    /// Completes when the answer is known.
    /// </summary>
    /// <exception cref="System.Data.Common.DbException">It is not known whether this was written; the inbox will tell.</exception>
    public Task<CommitResult> AddAsync(SagaCommit commit) => _loop.AddAsync((commit, _time.GetTimestamp()));

    /// <summary>An outbox row that has arrived: it goes with the next transaction.</summary>
    public void Delivered(Guid messageId)
    {
        lock (_lock)
        {
            _delivered.Add(messageId);
        }
    }

    /// <summary>Removes delivered rows that no transaction came for.</summary>
    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        if (TakeDelivered() is not { Count: > 0 } delivered)
        {
            return;
        }

        try
        {
            await _journal.CommitAsync([], delivered, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            GiveBack(delivered);
            throw;
        }
    }

    private async Task<IReadOnlyList<CommitResult>> CommitAsync(IReadOnlyList<SagaCommit> batch)
    {
        var delivered = TakeDelivered();
        try
        {
            EngineMetrics.Batch(batch.Count);
            // Not cancelled with any one message: the batch belongs to many.
            return await _journal.CommitAsync(batch, delivered, CancellationToken.None).ConfigureAwait(false);
        }
        catch
        {
            GiveBack(delivered);
            throw;
        }
    }

    private List<Guid> TakeDelivered()
    {
        lock (_lock)
        {
            var delivered = _delivered;
            _delivered = [];
            return delivered;
        }
    }

    private void GiveBack(List<Guid> delivered)
    {
        lock (_lock)
        {
            _delivered.AddRange(delivered);
        }
    }
}
