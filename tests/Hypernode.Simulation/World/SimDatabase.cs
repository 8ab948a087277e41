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

internal sealed class OutboxRow(OutboxMessage message, DateTimeOffset createdAt)
{
    public OutboxMessage Message => message;

    public DateTimeOffset CreatedAt => createdAt;

    public string? Owner { get; set; } = message.Owner;

    public DateTimeOffset? TakenUntil { get; set; } = message.TakenUntil;
}

internal sealed record TimerRow(DateTimeOffset DueAt, int Epoch, string Type, string Body);

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
/// The tables that a PostgreSQL or SQLite adapter keeps, with the same rules: version guard, inbox, unique slot, unique domain
/// keys, timers, history. Each method is one transaction.
/// </summary>
internal sealed class SimDatabase(IIdSource ids)
{
    private static readonly TimeSpan SentAgainAfter = TimeSpan.FromSeconds(60);

    private readonly Dictionary<Guid, DateTimeOffset> _inbox = [];
    private readonly Dictionary<IntentId, JobId> _intents = [];
    private readonly HashSet<(WalletAddress Wallet, Hash256 Nonce)> _nonces = [];
    private readonly Dictionary<(NodeId Node, int Slot), LeaseRecord> _liveSlots = [];
    private readonly Dictionary<(JobId Job, int Attempt), LeaseRecord> _leases = [];

    public IDatabaseWatch Watch { get; set; } = null!;

    public Dictionary<JobId, JobRecord> Jobs { get; } = [];

    /// <summary>In order of insertion: ids are looked up in the index.</summary>
    public Dictionary<Guid, OutboxRow> Outbox { get; } = [];

    public Dictionary<JobId, Dictionary<TimerKind, TimerRow>> Timers { get; } = [];

    public Dictionary<NodeId, NodeView> Nodes { get; } = [];

    public IEnumerable<LeaseView> LiveLeases => _liveSlots.Values.Select(l => l.View);

    public int InboxCount => _inbox.Count;

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
        TimersOf(job.Id)[TimerKind.Step] = new TimerRow(s.At + SentAgainAfter, 0, first.Type, first.Body);
        Add(first, s.At);
        Watch.Accepted(job);
        return IntakeResult.Accepted;
    }

    public IReadOnlyList<CommitResult> Commit(IReadOnlyList<SagaCommit> batch, IReadOnlyCollection<Guid> delivered)
    {
        CheckShape(batch);
        var results = batch.Select(Apply).ToList();
        foreach (var id in delivered)
        {
            Remove(id, delivered: true);
        }

        return results;
    }

    public void Add(OutboxMessage message, DateTimeOffset at)
    {
        if (Outbox.TryAdd(message.MessageId, new OutboxRow(message, at)))
        {
            Watch.RowAdded(message);
        }
    }

    public void Remove(Guid id, bool delivered)
    {
        if (Outbox.Remove(id, out var row))
        {
            Watch.RowGone(row.Message, delivered);
        }
    }

    public IReadOnlyList<OutboxMessage> TakeLeftovers(string owner, DateTimeOffset now, DateTimeOffset until, int limit)
    {
        var taken = new List<OutboxMessage>();
        foreach (var row in Outbox.Values.Where(r => r.TakenUntil is null || r.TakenUntil <= now).OrderBy(r => r.CreatedAt).Take(limit))
        {
            (row.Owner, row.TakenUntil) = (owner, until);
            taken.Add(row.Message with { Owner = owner, TakenUntil = until });
        }

        return taken;
    }

    public void Keep(string owner, IReadOnlyCollection<Guid> messageIds, DateTimeOffset until)
    {
        foreach (var id in messageIds)
        {
            if (Outbox.TryGetValue(id, out var row) && row.Owner == owner)
            {
                row.TakenUntil = until;
            }
        }
    }

    public IReadOnlyList<OutboxMessage> TakeDueTimers(DateTimeOffset now, DateTimeOffset againAt, int limit)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(againAt, now);
        var due = Timers
            .SelectMany(j => j.Value.Select(t => (Job: j.Key, Kind: t.Key, Timer: t.Value)))
            .Where(t => t.Timer.DueAt <= now)
            .OrderBy(t => t.Timer.DueAt)
            .Take(limit)
            .ToList();
        var fired = new List<OutboxMessage>(due.Count);
        foreach (var (job, kind, timer) in due)
        {
            Timers[job][kind] = timer with { DueAt = againAt };
            fired.Add(new OutboxMessage(ids.NewId(), Queues.JobSaga, timer.Type, timer.Body, job));
            Watch.TimerFired(fired[^1]);
        }

        return fired;
    }

    public void DeferTimers(TimerKind kind, DateTimeOffset until)
    {
        foreach (var timers in Timers.Values)
        {
            if (timers.TryGetValue(kind, out var timer) && timer.DueAt < until)
            {
                timers[kind] = timer with { DueAt = until };
            }
        }
    }

    public int ForgetInbox(DateTimeOffset before, int limit)
    {
        var old = _inbox.Where(i => i.Value < before).Select(i => i.Key).Take(limit).ToList();
        old.ForEach(id => _inbox.Remove(id));
        return old.Count;
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
        if (_inbox.ContainsKey(commit.MessageId))
        {
            Watch.Handled(commit.MessageId);
            Consume(commit);
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

        _inbox.Add(commit.MessageId, commit.At);
        Watch.Handled(commit.MessageId);
        Consume(commit);
        foreach (var message in commit.Outbox)
        {
            Add(message, commit.At);
        }

        ChangeTimers(commit);
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

    private void Consume(SagaCommit commit)
    {
        Remove(commit.MessageId, delivered: false);
        foreach (var id in commit.Consumed)
        {
            Remove(id, delivered: false);
        }
    }

    private void ChangeTimers(SagaCommit commit)
    {
        foreach (var change in commit.Timers)
        {
            if (change.DueAt is { } due)
            {
                TimersOf(change.JobId)[change.Kind] = new TimerRow(due, change.Epoch, change.Type, change.Body);
            }
            else
            {
                TimersOf(change.JobId).Remove(change.Kind);
            }
        }

        if (commit.Job is { } job && JobStateNames.IsTerminal(job.State))
        {
            Timers.Remove(job.Id);
        }
    }

    private Dictionary<TimerKind, TimerRow> TimersOf(JobId job)
    {
        if (!Timers.TryGetValue(job, out var timers))
        {
            Timers.Add(job, timers = []);
        }

        return timers;
    }

    private static void CheckShape(IReadOnlyList<SagaCommit> batch)
    {
        if (batch.DistinctBy(c => c.MessageId).Count() != batch.Count
            || batch.Where(c => c.Job is not null).DistinctBy(c => c.Job!.Id).Count() != batch.Count(c => c.Job is not null))
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
