using System.Collections.Concurrent;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;

namespace Hypernode.Bench.Stack;

/// <summary>
/// What the textbook's stack of saga, inbox and outbox does, under the same engine: a query a message, and a transaction each
/// for the inbox, the state, the outbox and every row that has been delivered. Many messages are at it at once, as with a
/// consumer each. For the benchmark alone: a crash between two of its transactions loses something.
/// </summary>
internal sealed class TextbookJournal(ISagaJournal journal, IOutbox outbox) : ISagaJournal
{
    private readonly ConcurrentDictionary<Guid, byte> _received = new();

    public async Task<IReadOnlyList<StoredSaga>> LoadAsync(IReadOnlyCollection<JobId> ids, CancellationToken cancellationToken) =>
        [.. (await Task.WhenAll(ids.Select(id => journal.LoadAsync([id], cancellationToken)))).SelectMany(found => found)];

    public async Task<IReadOnlyList<CommitResult>> CommitAsync(
        IReadOnlyList<SagaCommit> batch, IReadOnlyCollection<Guid> delivered, CancellationToken cancellationToken)
    {
        var results = await Task.WhenAll(batch.Select(item => CommitAsync(item, cancellationToken)));
        await RemoveAsync(delivered, cancellationToken);
        return results;
    }

    private async Task<CommitResult> CommitAsync(SagaCommit item, CancellationToken cancellationToken)
    {
        // A message that was received and refused comes again after a fresh look: its inbox row is there already.
        if (!_received.ContainsKey(item.MessageId))
        {
            var received = await journal.CommitAsync([item with { Consumed = [], Job = null, Outbox = [], Timers = [], Lease = null }], [], cancellationToken);
            if (received[0] != CommitResult.Committed)
            {
                return received[0];
            }

            _received[item.MessageId] = 0;
        }

        if (item.Job is not null)
        {
            var moved = await journal.CommitAsync([item with { MessageId = Guid.NewGuid(), Consumed = [], Outbox = [] }], [], cancellationToken);
            if (moved[0] != CommitResult.Committed)
            {
                return moved[0];
            }
        }

        _received.TryRemove(item.MessageId, out _);
        if (item.Outbox.Count > 0)
        {
            await outbox.AddAsync(item.Outbox, cancellationToken);
        }

        await RemoveAsync(item.Consumed, cancellationToken);
        return CommitResult.Committed;
    }

    private Task RemoveAsync(IEnumerable<Guid> rows, CancellationToken cancellationToken) =>
        Task.WhenAll(rows.Select(row => outbox.RemoveAsync([row], cancellationToken)));
}
