using System.Collections.Concurrent;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Hypernode.Sagas.Engine;

namespace Hypernode.Sagas.Tests;

/// <summary>The storage port in memory, with the documented answers. What a commit puts in the outbox counts as sent.</summary>
internal sealed class FakeJournal : ISagaJournal, IOutboxDispatcher
{
    private readonly Lock _lock = new();
    private readonly Dictionary<JobId, StoredSaga> _rows = [];
    private readonly HashSet<Guid> _inbox = [];

    public List<SagaCommit> Commits { get; } = [];

    public ConcurrentQueue<object> Sent { get; } = new();

    public int ConflictsToCome { get; set; }

    public bool SlotIsTaken { get; set; }

    public void Accept(JobId id)
    {
        lock (_lock)
        {
            _rows[id] = new StoredSaga(id, JobStateNames.Initial, 0, "{}");
        }
    }

    public StoredSaga Row(JobId id)
    {
        lock (_lock)
        {
            return _rows[id];
        }
    }

    public bool HasSeen(Guid messageId)
    {
        lock (_lock)
        {
            return _inbox.Contains(messageId);
        }
    }

    public Task<StoredSaga?> LoadAsync(JobId id, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return Task.FromResult(_rows.GetValueOrDefault(id));
        }
    }

    public Task<CommitResult> CommitAsync(SagaCommit commit, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_inbox.Contains(commit.MessageId))
            {
                return Task.FromResult(CommitResult.Duplicate);
            }

            if (ConflictsToCome > 0)
            {
                ConflictsToCome--;
                return Task.FromResult(CommitResult.VersionConflict);
            }

            if (SlotIsTaken && commit.Lease is { Take: true })
            {
                return Task.FromResult(CommitResult.SlotTaken);
            }

            if (commit.Job is { } job)
            {
                if (_rows[job.Id].Version != job.ExpectedVersion)
                {
                    return Task.FromResult(CommitResult.VersionConflict);
                }

                _rows[job.Id] = new StoredSaga(job.Id, job.State, job.ExpectedVersion + 1, job.Body);
            }

            _inbox.Add(commit.MessageId);
            Commits.Add(commit);
            foreach (var message in commit.Outbox)
            {
                Sent.Enqueue(ContractCodec.Deserialize(message.Type, message.Body));
            }

            return Task.FromResult(CommitResult.Committed);
        }
    }

    public Task DispatchAsync(IReadOnlyList<OutboxMessage> messages, CancellationToken cancellationToken) => Task.CompletedTask;
}
