using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Timers;
using Hypernode.Contracts.Topology;

namespace Hypernode.Simulation.World;

internal sealed class OutboxRow(OutboxMessage message, DateTimeOffset createdAt)
{
    public OutboxMessage Message => message;

    public DateTimeOffset CreatedAt => createdAt;

    public string? Owner { get; set; } = message.Owner;

    public DateTimeOffset? TakenUntil { get; set; } = message.TakenUntil;
}

internal sealed record TimerRow(DateTimeOffset DueAt, int Epoch, string Type, string Body);

/// <summary>The tables of what is to be done and what was done: outbox, timers, inbox.</summary>
internal sealed class SimOutbox(IIdSource ids, IDatabaseWatch watch)
{
    private readonly Dictionary<Guid, DateTimeOffset> _inbox = [];
    private readonly Dictionary<JobId, int> _rowsOf = [];

    public IDatabaseWatch Watch => watch;

    /// <summary>In order of insertion: ids are looked up in the index.</summary>
    public Dictionary<Guid, OutboxRow> Rows { get; } = [];

    public Dictionary<JobId, Dictionary<TimerKind, TimerRow>> Timers { get; } = [];

    /// <summary>The message has been handled before.</summary>
    public bool Knows(Guid messageId) => _inbox.ContainsKey(messageId);

    public bool HasRowOf(JobId job) => _rowsOf.GetValueOrDefault(job) > 0;

    /// <summary>A commit's part in these tables.</summary>
    public void Apply(SagaCommit commit)
    {
        _inbox.Add(commit.MessageId, commit.At);
        watch.Handled(commit.MessageId);
        Consume(commit);
        foreach (var message in commit.Outbox)
        {
            Add(message, commit.At);
        }

        ChangeTimers(commit);
    }

    public void Consume(SagaCommit commit)
    {
        Remove(commit.MessageId, delivered: false);
        foreach (var id in commit.Consumed)
        {
            Remove(id, delivered: false);
        }
    }

    public void SetTimer(JobId job, TimerKind kind, TimerRow timer)
    {
        if (!Timers.TryGetValue(job, out var timers))
        {
            Timers.Add(job, timers = []);
        }

        timers[kind] = timer;
    }

    public void Add(OutboxMessage message, DateTimeOffset at)
    {
        if (Rows.TryAdd(message.MessageId, new OutboxRow(message, at)))
        {
            Count(message, 1);
            watch.RowAdded(message);
        }
    }

    public void Remove(Guid id, bool delivered)
    {
        if (Rows.Remove(id, out var row))
        {
            Count(row.Message, -1);
            watch.RowGone(row.Message, delivered);
        }
    }

    public IReadOnlyList<OutboxMessage> TakeLeftovers(string owner, DateTimeOffset now, DateTimeOffset until, int limit)
    {
        var taken = new List<OutboxMessage>();
        foreach (var row in Rows.Values.Where(r => r.TakenUntil is null || r.TakenUntil <= now).OrderBy(r => r.CreatedAt).Take(limit))
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
            if (Rows.TryGetValue(id, out var row) && row.Owner == owner)
            {
                row.TakenUntil = until;
            }
        }
    }

    public IReadOnlyList<OutboxMessage> TakeDueTimers(DateTimeOffset now, DateTimeOffset againAt, int limit)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(againAt, now);
        var due = new List<(JobId Job, TimerKind Kind, TimerRow Timer)>();
        foreach (var (job, timers) in Timers)
        {
            foreach (var (kind, timer) in timers)
            {
                if (timer.DueAt <= now)
                {
                    due.Add((job, kind, timer));
                }
            }
        }

        var fired = new List<OutboxMessage>(due.Count);
        foreach (var (job, kind, timer) in due.OrderBy(t => t.Timer.DueAt).Take(limit))
        {
            Timers[job][kind] = timer with { DueAt = againAt };
            fired.Add(new OutboxMessage(ids.NewId(), Queues.JobSaga, timer.Type, timer.Body, job));
            watch.TimerFired(fired[^1]);
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

    private void Count(OutboxMessage message, int change)
    {
        if (message.JobId is { } job)
        {
            System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(_rowsOf, job, out _) += change;
        }
    }

    private void ChangeTimers(SagaCommit commit)
    {
        foreach (var change in commit.Timers)
        {
            if (change.DueAt is { } due)
            {
                SetTimer(change.JobId, change.Kind, new TimerRow(due, change.Epoch, change.Type, change.Body));
            }
            else if (Timers.TryGetValue(change.JobId, out var timers))
            {
                timers.Remove(change.Kind);
            }
        }

        if (commit.Job is { } job && JobStateNames.IsTerminal(job.State))
        {
            Timers.Remove(job.Id);
        }
    }
}
