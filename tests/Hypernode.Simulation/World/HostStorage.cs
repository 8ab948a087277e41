using Hypernode.Contracts.Events;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Timers;
using Hypernode.Contracts.Topology;
using Hypernode.Sagas.Engine;
using Hypernode.Simulation.Faults;

namespace Hypernode.Simulation.World;

/// <summary>One host's connection to the database: every storage port, over a wire that fails.</summary>
internal sealed class HostStorage(Universe universe, SimHost host) : ISagaJournal, IOutbox, INodeDirectory, INodeStandings, IEvidence, IJobReader
{
    private readonly SimDatabase _db = universe.Database;

    public Task<IReadOnlyList<StoredSaga>> LoadAsync(IReadOnlyCollection<JobId> ids, CancellationToken cancellationToken)
    {
        JobId[] wanted = [.. ids];
        return ReadAsync<IReadOnlyList<StoredSaga>>(() =>
        {
            universe.Saw.Loaded(host, wanted);
            return [.. wanted.Select(_db.Jobs.GetValueOrDefault).OfType<JobRecord>().Select(j => new StoredSaga(j.Id, j.State, j.Version, universe.OtherVersion.Body(j)))];
        });
    }

    public Task<IReadOnlyList<CommitResult>> CommitAsync(IReadOnlyList<SagaCommit> batch, IReadOnlyCollection<Guid> delivered, CancellationToken cancellationToken)
    {
        // The engine goes on using its lists: what is on the wire is a copy.
        Guid[] arrived = [.. delivered];
        var wrote = false;
        return WriteAsync(
            () =>
            {
                var results = _db.Commit(batch, arrived);
                wrote = batch.Where((c, i) => results[i] == CommitResult.Committed && c.Outbox.Count > 0).Any();
                universe.Saw.Commit(host, batch, results);
                return results;
            },
            // The commit is durable, and nothing of it is sent: that is the moment at which a host should die (F01).
            beforeAnswer: () =>
            {
                if (wrote && universe.Faults.Strike(FaultId.F01, 0.004))
                {
                    host.Crash("after commit before publish");
                }

                return null;
            });
    }

    public Task AddAsync(IReadOnlyList<OutboxMessage> messages, CancellationToken cancellationToken) => WriteAsync(() =>
    {
        foreach (var message in messages)
        {
            _db.Outbox.Add(message, universe.Loop.Now);
        }

        return true;
    });

    public Task<IReadOnlyList<OutboxMessage>> TakeLeftoversAsync(
        string owner, DateTimeOffset now, DateTimeOffset until, int limit, CancellationToken cancellationToken) =>
        WriteAsync(() =>
        {
            var taken = _db.Outbox.TakeLeftovers(owner, now, until, limit);
            universe.Saw.Taken(host, taken);
            return taken;
        });

    public Task KeepAsync(string owner, IReadOnlyCollection<Guid> messageIds, DateTimeOffset until, CancellationToken cancellationToken)
    {
        Guid[] kept = [.. messageIds];
        return WriteAsync(() =>
        {
            _db.Outbox.Keep(owner, kept, until);
            return true;
        });
    }

    public Task RemoveAsync(IReadOnlyCollection<Guid> messageIds, CancellationToken cancellationToken)
    {
        Guid[] gone = [.. messageIds];
        return WriteAsync(() =>
        {
            Array.ForEach(gone, id => _db.Outbox.Remove(id, delivered: true));
            return true;
        });
    }

    public async Task<IReadOnlyList<OutboxMessage>> TakeDueTimersAsync(DateTimeOffset now, DateTimeOffset againAt, int limit, CancellationToken cancellationToken)
    {
        // Early: the database's or the pump's idea of the time is ahead.
        var ahead = universe.Faults.Roll(FaultId.F21, 0.01) ? universe.Random.Seconds(1, 20) : TimeSpan.Zero;
        var fired = await WriteAsync(() => _db.Outbox.TakeDueTimers(now + ahead, againAt + ahead, limit));
        if (fired.Count == 0)
        {
            return fired;
        }

        if (ahead > TimeSpan.Zero)
        {
            universe.Faults.Happened(FaultId.F21);
        }

        // Lost: taken, and never heard of. Twice: the same timer again under another id.
        return universe.Faults.Strike(FaultId.F21, 0.03) ? []
            : universe.Faults.Strike(FaultId.F21, 0.03) ? [.. fired, .. fired.Select(universe.Broker.FireAgain)]
            : fired;
    }

    public Task DeferTimersAsync(TimerKind kind, DateTimeOffset until, CancellationToken cancellationToken) => WriteAsync(() =>
    {
        _db.Outbox.DeferTimers(kind, until);
        return true;
    });

    public Task<int> ForgetInboxAsync(DateTimeOffset before, int limit, CancellationToken cancellationToken) => WriteAsync(() => _db.Outbox.ForgetInbox(before, limit));

    public Task<bool> RegisterAsync(NodeRegistration registration, DateTimeOffset at, CancellationToken cancellationToken) =>
        throw new HarnessException("nodes are registered before a universe begins");

    Task<NodeView?> INodeDirectory.FindAsync(NodeId id, CancellationToken cancellationToken) =>
        ReadAsync(() => _db.Nodes.TryGetValue(id, out var node) ? _db.View(node) : null);

    public Task<IReadOnlyList<NodeView>> ListAsync(CancellationToken cancellationToken) =>
        ReadAsync<IReadOnlyList<NodeView>>(() => [.. _db.Nodes.Values.Select(_db.View)]);

    public Task<bool> SetStatusAsync(NodeId id, NodeStatus from, NodeStatus to, CancellationToken cancellationToken) => WriteAsync(() =>
    {
        if (_db.Nodes[id].Status != from)
        {
            return false;
        }

        _db.Nodes[id] = _db.Nodes[id] with { Status = to };
        return true;
    });

    /// <summary>Nobody is revoked in this world.</summary>
    public Task<IReadOnlyList<Revocation>> RevokedAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<Revocation>>([]);

    public Task<bool> RevokeAsync(NodeId node, NodeStatus status, RevokedBy by, string reason, DateTimeOffset at, CancellationToken cancellationToken) =>
        throw new NotSupportedException("nobody is revoked here");

    public Task<bool> RestoreAsync(NodeId node, RevokedBy by, CancellationToken cancellationToken) => throw new NotSupportedException("nobody is revoked here");

    public Task<LeaseView?> FindLeaseAsync(JobId job, int attempt, CancellationToken cancellationToken) => ReadAsync(() => _db.FindLease(job, attempt));

    public Task<IReadOnlyList<LeaseView>> LiveLeasesAsync(CancellationToken cancellationToken) => ReadAsync<IReadOnlyList<LeaseView>>(() => [.. _db.LiveLeases]);

    public Task RecordBeatsAsync(IReadOnlyList<ReceivedBeat> beats, CancellationToken cancellationToken) => WriteAsync(() =>
    {
        _db.RecordBeats(beats);
        return true;
    });

    public Task AddLogsAsync(IReadOnlyList<LogChunk> chunks, DateTimeOffset receivedAt, CancellationToken cancellationToken) => WriteAsync(() =>
    {
        universe.Evidence.AddLogs(chunks, receivedAt);
        return true;
    });

    public Task<IReadOnlyList<StoredChunk>> ReadLogsAsync(JobId job, (int Attempt, long Seq) after, int limit, CancellationToken cancellationToken) =>
        ReadAsync(() => universe.Evidence.ReadLogs(job, after, limit));

    public Task<bool> AddReceiptAsync(Receipt receipt, string signature, DateTimeOffset receivedAt, CancellationToken cancellationToken) =>
        WriteAsync(() => universe.Evidence.AddReceipt(receipt, signature, receivedAt));

    public Task<StoredReceipt?> FindReceiptAsync(JobId job, int attempt, CancellationToken cancellationToken) =>
        ReadAsync(() => universe.Evidence.FindReceipt(job, attempt));

    public Task<JobView?> FindAsync(JobId id, CancellationToken cancellationToken) =>
        ReadAsync(() => _db.Jobs.TryGetValue(id, out var job) ? JobViews.Of(job) : null);

    public Task<JobView?> FindByIntentAsync(IntentId id, CancellationToken cancellationToken) =>
        ReadAsync(() => _db.FindByIntent(id) is { } job ? JobViews.Of(job) : null);

    public Task<IReadOnlyList<JobView>> ListAsync(
        WalletAddress owner, string? status, (DateTimeOffset At, JobId Id)? before, int limit, CancellationToken cancellationToken) =>
        throw new NotSupportedException("nobody lists jobs here");

    public Task<IReadOnlyList<JobTransition>> HistoryAsync(JobId id, CancellationToken cancellationToken) =>
        ReadAsync<IReadOnlyList<JobTransition>>(() => [.. _db.Jobs[id].History]);

    public Task<JobStats> StatsAsync(CancellationToken cancellationToken) => throw new NotSupportedException("nobody asks for totals here");

    /// <summary>The API's part: intent, job and first message in one transaction. The message is sent by whoever takes up leftovers.</summary>
    public Task<IntakeResult> SubmitAsync(JobSubmission submission, OutboxMessage first) => WriteAsync(() => _db.Submit(submission, first));

    public static OutboxMessage FirstMessage(JobSubmission s, Guid id)
    {
        var submitted = new JobSubmitted(s.Intent.JobId, s.Intent, s.Signature, s.Spec, s.SpecHash, s.SettleBy, s.Salt);
        return new OutboxMessage(id, Queues.JobSaga, typeof(JobSubmitted).FullName!, ContractCodec.Serialize(submitted), s.Intent.JobId);
    }

    private Task<T> ReadAsync<T>(Func<T> read) => CallAsync(() => Guarded(read), 0.1, 4);

    private Task<T> WriteAsync<T>(Func<T> write, Func<Exception?>? beforeAnswer = null) => CallAsync(
        () =>
        {
            if (universe.Faults.Strike(FaultId.F13, 0.01))
            {
                throw new SimDatabaseException("40001: could not serialize access");
            }

            if (!universe.Faults.Roll(FaultId.F05, 0.01))
            {
                return Guarded(write);
            }

            // Half of the unknown ones happened.
            if (universe.Random.Chance(0.5))
            {
                Guarded(write);
            }

            universe.Faults.Happened(FaultId.F05);
            throw new SimDatabaseException("the connection was lost while the commit was under way");
        },
        0.2,
        universe.SlowDisk ? 400 : 8,
        beforeAnswer);

    /// <summary>What was under way when the database went down is never answered, whether it happened or not (F12).</summary>
    private Task<T> CallAsync<T>(Func<T> there, double low, double high, Func<Exception?>? beforeAnswer = null)
    {
        var epoch = universe.DatabaseEpoch;
        return host.CallAsync(there, low, high, () =>
            beforeAnswer?.Invoke() ?? (epoch == universe.DatabaseEpoch ? null : new SimDatabaseException("57P01: the database has been shut down")));
    }

    private T Guarded<T>(Func<T> work)
    {
        if (universe.DatabaseDown)
        {
            throw new SimDatabaseException("57P03: the database is starting up");
        }

        if (universe.Faults.Strike(FaultId.F14, 0.004))
        {
            throw new SimDatabaseException("the connection pool has been exhausted");
        }

        return work();
    }
}
