using System.Collections.Concurrent;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Sagas.Delivery;
using Hypernode.Sagas.Engine;

namespace Hypernode.Sagas.Tests;

/// <summary>The storage port in memory, with the documented answers. What a commit puts in the outbox counts as sent.</summary>
internal sealed class FakeJournal : ISagaJournal, IQueueSender, INodeCommandSender
{
    private readonly Lock _lock = new();
    private readonly Dictionary<JobId, StoredSaga> _rows = [];
    private readonly HashSet<Guid> _inbox = [];

    public List<SagaCommit> Commits { get; } = [];

    public List<int> Batches { get; } = [];

    public List<Guid> Delivered { get; } = [];

    public int Loads { get; private set; }

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

    public Task<IReadOnlyList<StoredSaga>> LoadAsync(IReadOnlyCollection<JobId> ids, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            Loads++;
            return Task.FromResult<IReadOnlyList<StoredSaga>>([.. ids.Where(_rows.ContainsKey).Select(id => _rows[id])]);
        }
    }

    public Task<IReadOnlyList<CommitResult>> CommitAsync(
        IReadOnlyList<SagaCommit> batch, IReadOnlyCollection<Guid> delivered, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            Batches.Add(batch.Count);
            Delivered.AddRange(delivered);
            return Task.FromResult<IReadOnlyList<CommitResult>>([.. batch.Select(Commit)]);
        }
    }

    public Task SendAsync(OutboxMessage row, object message, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task SendAsync(NodeId node, Guid messageId, NodeCommand command, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task EnsureQueueAsync(NodeId node, CancellationToken cancellationToken) => Task.CompletedTask;

    private CommitResult Commit(SagaCommit commit)
    {
        if (_inbox.Contains(commit.MessageId))
        {
            return CommitResult.Duplicate;
        }

        if (ConflictsToCome > 0)
        {
            ConflictsToCome--;
            return CommitResult.VersionConflict;
        }

        if (SlotIsTaken && commit.Lease is { Take: true })
        {
            return CommitResult.SlotTaken;
        }

        if (commit.Job is { } job)
        {
            if (_rows[job.Id].Version != job.ExpectedVersion)
            {
                return CommitResult.VersionConflict;
            }

            _rows[job.Id] = new StoredSaga(job.Id, job.State, job.ExpectedVersion + 1, job.Body);
        }

        _inbox.Add(commit.MessageId);
        Commits.Add(commit);
        foreach (var message in commit.Outbox)
        {
            Sent.Enqueue(ContractCodec.Deserialize(message.Type, message.Body));
        }

        return CommitResult.Committed;
    }
}
