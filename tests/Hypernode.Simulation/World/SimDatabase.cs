using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;
using Hypernode.Contracts.Timers;
using Hypernode.Contracts.Topology;

namespace Hypernode.Simulation.World;

/// <summary>A job's row.</summary>
internal sealed class JobRecord(JobSubmission submission)
{
    public JobSubmission Submission => submission;

    public JobId Id => submission.Intent.JobId;

    public string State { get; set; } = JobStateNames.Initial;

    public int Version { get; set; }

    public string Body { get; set; } = "{}";

    public JobRow? Row { get; set; }

    public List<JobTransition> History { get; } = [new(JobStateNames.Submitted, submission.At, "accepted", 0)];

    public DateTimeOffset? CompletedAt { get; set; }

    public bool IsTerminal => JobStateNames.IsTerminal(State);
}

internal sealed class LeaseRecord(LeaseView view)
{
    public LeaseView View { get; set; } = view;
}

/// <summary>What the checks want to hear of each change, at the moment at which it becomes durable.</summary>
internal interface IDatabaseWatch
{
    void Accepted(JobRecord job);

    void Committed(SagaCommit commit, string before);

    /// <summary>Before anything of it is written.</summary>
    void Committing(SagaCommit commit);

    /// <summary>The message has been handled, now or before.</summary>
    void Handled(Guid messageId);

    void RowAdded(OutboxMessage message);

    /// <param name="delivered">True: said to have arrived; false: consumed by a commit.</param>
    void RowGone(OutboxMessage message, bool delivered);

    void TimerFired(OutboxMessage message);
}

/// <summary>
/// The tables that a PostgreSQL or SQLite adapter keeps, with the same rules: version guard, unique slot, unique domain keys,
/// history, and what waits to be done (<see cref="SimOutbox"/>). Each method is one transaction.
/// </summary>
internal sealed class SimDatabase(SimOutbox outbox)
{
    private static readonly TimeSpan SentAgainAfter = TimeSpan.FromSeconds(60);

    private readonly Dictionary<IntentId, JobId> _intents = [];
    private readonly HashSet<(WalletAddress Wallet, Hash256 Nonce)> _nonces = [];
    private readonly Dictionary<(NodeId Node, int Slot), LeaseRecord> _liveSlots = [];
    private readonly Dictionary<(JobId Job, int Attempt), LeaseRecord> _leases = [];

    public IDatabaseWatch Watch => outbox.Watch;

    public SimOutbox Outbox => outbox;

    public Dictionary<JobId, JobRecord> Jobs { get; } = [];

    public Dictionary<NodeId, NodeView> Nodes { get; } = [];

    public IEnumerable<LeaseView> LiveLeases => _liveSlots.Values.Select(l => l.View);

    /// <summary>Of one job: all, and those of this attempt.</summary>
    public (int All, int OfAttempt) CountLiveLeases(JobId job, int attempt)
    {
        var (all, current) = (0, 0);
        foreach (var lease in _liveSlots.Values)
        {
            var isIts = lease.View.JobId == job;
            all += isIts ? 1 : 0;
            current += isIts && lease.View.Attempt == attempt ? 1 : 0;
        }

        return (all, current);
    }

    public JobRecord? FindByIntent(IntentId intent) => _intents.TryGetValue(intent, out var job) ? Jobs[job] : null;

    public LeaseView? FindLease(JobId job, int attempt) => _leases.GetValueOrDefault((job, attempt))?.View;

    public IntakeResult Submit(JobSubmission s, OutboxMessage first)
    {
        var intent = s.Intent;
        if (Jobs.TryGetValue(intent.JobId, out var there) && there.Submission.Intent == intent && there.Submission.Signature == s.Signature
            && there.Submission.SpecHash == s.SpecHash)
        {
            return IntakeResult.Repeated;
        }

        if (_nonces.Contains((intent.Client, intent.Nonce)))
        {
            return IntakeResult.NonceUsed;
        }

        if (_intents.ContainsKey(intent.IntentId))
        {
            return IntakeResult.IntentUsed;
        }

        if (there is not null)
        {
            return IntakeResult.JobUsed;
        }

        var job = new JobRecord(s);
        Jobs.Add(job.Id, job);
        _intents.Add(intent.IntentId, job.Id);
        _nonces.Add((intent.Client, intent.Nonce));
        outbox.SetTimer(job.Id, TimerKind.Step, new TimerRow(s.At + SentAgainAfter, 0, first.Type, first.Body));
        outbox.Add(first, s.At);
        Watch.Accepted(job);
        return IntakeResult.Accepted;
    }

    public IReadOnlyList<CommitResult> Commit(IReadOnlyList<SagaCommit> batch, IReadOnlyCollection<Guid> delivered)
    {
        CheckShape(batch);
        var results = batch.Select(Apply).ToList();
        foreach (var id in delivered)
        {
            outbox.Remove(id, delivered: true);
        }

        return results;
    }

    public void RecordBeats(IReadOnlyList<ReceivedBeat> beats)
    {
        foreach (var beat in beats)
        {
            if (!Nodes.TryGetValue(beat.NodeId, out var node))
            {
                continue;
            }

            if (node.LastSeenAt is null || node.LastSeenAt < beat.ReceivedAt)
            {
                Nodes[node.Id] = node with { LastSeenAt = beat.ReceivedAt };
            }

            foreach (var lease in beat.Leases)
            {
                if (_leases.TryGetValue((lease.JobId, lease.Attempt), out var record) && record.View is { Live: true } view && view.NodeId == beat.NodeId)
                {
                    record.View = view with
                    {
                        FirstBeatAt = view.FirstBeatAt ?? beat.ReceivedAt,
                        LastBeatAt = view.LastBeatAt > beat.ReceivedAt ? view.LastBeatAt : beat.ReceivedAt,
                    };
                }
            }
        }
    }

    public NodeView View(NodeView node) => node with { BusySlots = _liveSlots.Keys.Count(s => s.Node == node.Id) };

    private CommitResult Apply(SagaCommit commit)
    {
        if (outbox.Knows(commit.MessageId))
        {
            Watch.Handled(commit.MessageId);
            outbox.Consume(commit);
            return CommitResult.Duplicate;
        }

        var before = "";
        if (commit.Job is { } row)
        {
            if (!Jobs.TryGetValue(row.Id, out var job) || job.Version != row.ExpectedVersion)
            {
                return CommitResult.VersionConflict;
            }

            if (commit.Lease is { Take: true } taken && _liveSlots.ContainsKey((taken.NodeId, taken.Slot)))
            {
                return CommitResult.SlotTaken;
            }

            Watch.Committing(commit);
            before = job.State;
            Write(job, row, commit.At);
            if (commit.Lease is { } lease)
            {
                Change(lease, commit.At);
            }
        }

        outbox.Apply(commit);
        Watch.Committed(commit, before);
        return CommitResult.Committed;
    }

    private void Write(JobRecord job, JobRow row, DateTimeOffset at)
    {
        var before = job.State;
        (job.State, job.Version, job.Body, job.Row) = (row.State, job.Version + 1, row.Body, row);
        job.History.AddRange(row.Entered.Select(e => new JobTransition(e.State, at, e.Cause, e.Attempt)));
        if (job.IsTerminal)
        {
            job.CompletedAt ??= at;
        }

        if (row is { State: JobStateNames.Paid, Settlement: { } settlement, AssignedNode: { } id } && before != JobStateNames.Paid && Nodes.TryGetValue(id, out var node))
        {
            Nodes[id] = node with { JobsCompleted = node.JobsCompleted + 1, Earned = node.Earned + settlement.NodeShare };
        }
    }

    private void Change(LeaseChange change, DateTimeOffset at)
    {
        if (change.Take)
        {
            var lease = new LeaseRecord(new LeaseView(
                change.JobId, change.Attempt, change.NodeId, change.Slot, Hash256.Parse(change.Challenge), change.RatePerSecond, at, null, null, Live: true));
            _leases.Add((change.JobId, change.Attempt), lease);
            _liveSlots.Add((change.NodeId, change.Slot), lease);
            return;
        }

        foreach (var (slot, lease) in _liveSlots.Where(l => l.Value.View.JobId == change.JobId).ToList())
        {
            lease.View = lease.View with { Live = false };
            _liveSlots.Remove(slot);
        }
    }

    private static void CheckShape(IReadOnlyList<SagaCommit> batch)
    {
        if (batch.Count > 1 && (batch.DistinctBy(c => c.MessageId).Count() != batch.Count
            || batch.Where(c => c.Job is not null).DistinctBy(c => c.Job!.Id).Count() != batch.Count(c => c.Job is not null)))
        {
            throw new ArgumentException("a job or a message twice in one batch", nameof(batch));
        }

        foreach (var commit in batch)
        {
            if (commit.Lease is { } lease && commit.Job?.Id != lease.JobId)
            {
                throw new ArgumentException("a lease changes with its own job only", nameof(batch));
            }

            if (commit.Job is { Entered.Count: > 0 } job && job.Entered[^1].State != job.State)
            {
                throw new ArgumentException($"the history ends in {job.Entered[^1].State}, the job in {job.State}", nameof(batch));
            }
        }
    }
}
