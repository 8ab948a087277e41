using System.Text.Json;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;
using Hypernode.Storage.Shared;

namespace Hypernode.Storage.SQLite;

/// <summary>The saga's hot path, a batch in one transaction under the writer's lock: nobody can come between two steps.</summary>
internal sealed class SqliteSagaJournal(SqliteDatabase database) : ISagaJournal
{
    private const string Update = """
        update jobs set
            version = version + 1, state = @state, status = @status, saga = @saga, attempt = @attempt,
            assigned_node_id = @node, outcome = @outcome, escrow_pubkey = @escrow, execution_hash = @execution_hash,
            logs_hash = @logs_hash, proof_tx = @proof, charge = @charge, node_share = @node_share,
            protocol_fee = @protocol_fee, platform_fee = @platform_fee, refund = @refund, signatures = @signatures,
            completed_at = coalesce(completed_at, @completed_at)
        where job_id = @job
        """;

    public async Task<IReadOnlyList<StoredSaga>> LoadAsync(IReadOnlyCollection<JobId> ids, CancellationToken cancellationToken) =>
        ids.Count == 0
            ? []
            : await database.ReadAsync(
                "select job_id, state, version, saga from jobs where job_id in (select value from json_each(@jobs))",
                r => new StoredSaga(JobId.Parse(r.Text(0)), r.Text(1), r.Int(2), r.Text(3)),
                cancellationToken,
                ("jobs", JsonSerializer.Serialize(ids.Select(id => id.ToString()))));

    public async Task<IReadOnlyList<CommitResult>> CommitAsync(
        IReadOnlyList<SagaCommit> batch, IReadOnlyCollection<Guid> delivered, CancellationToken cancellationToken)
    {
        CommitShape.Check(batch);
        if (batch.Count == 0 && delivered.Count == 0)
        {
            return [];
        }

        return await database.WriteAsync(session => ApplyAsync(session, batch, delivered), cancellationToken);
    }

    private static async Task<CommitResult[]> ApplyAsync(Session session, IReadOnlyList<SagaCommit> batch, IReadOnlyCollection<Guid> delivered)
    {
        var results = new CommitResult[batch.Count];

        // Slots that are given back first: one of this batch may take them.
        foreach (var n in Enumerable.Range(0, batch.Count).OrderBy(n => batch[n].Lease is { Take: false } ? 0 : 1))
        {
            results[n] = await ApplyAsync(session, batch[n]);
        }

        var gone = batch.Where((_, n) => results[n] is CommitResult.Committed or CommitResult.Duplicate).SelectMany(CommitShape.Consumed).Concat(delivered);
        if (await SqliteOutbox.RemoveAsync(session, gone) == 0 && !results.Contains(CommitResult.Committed))
        {
            session.Abandon(); // nothing to write: no fsync either
        }

        return results;
    }

    /// <summary>All questions come before the first write, and nobody else writes meanwhile: an item is written whole or not at all.</summary>
    private static async Task<CommitResult> ApplyAsync(Session session, SagaCommit commit)
    {
        if (await session.ExistsAsync("select 1 from inbox where message_id = @message", ("message", commit.MessageId)))
        {
            return CommitResult.Duplicate;
        }

        string? before = null;
        if (commit.Job is { } job)
        {
            before = await session.FirstAsync("select state from jobs where job_id = @job and version = @version", ("job", job.Id), ("version", job.ExpectedVersion)) as string;
            if (before is null)
            {
                return CommitResult.VersionConflict;
            }

            if (commit.Lease is { Take: true } lease
                && await session.ExistsAsync("select 1 from leases where node_id = @node and slot = @slot and live", ("node", lease.NodeId), ("slot", lease.Slot)))
            {
                return CommitResult.SlotTaken;
            }
        }

        await session.ExecuteAsync("insert into inbox (message_id, at) values (@message, @at)", ("message", commit.MessageId), ("at", commit.At));
        if (commit.Job is not null)
        {
            await MoveAsync(session, commit, commit.Job, before!);
        }

        await SqliteOutbox.InsertAsync(session, commit.Outbox, commit.At);
        await ChangeTimersAsync(session, commit);
        return CommitResult.Committed;
    }

    private static Parameter[] Columns(JobRow job, SagaCommit commit) =>
    [
        ("job", job.Id),
        ("state", job.State),
        ("status", JobStateNames.ToStatus(job.State)),
        ("saga", job.Body),
        ("attempt", job.Attempt),
        ("node", job.AssignedNode),
        ("outcome", job.Outcome),
        ("escrow", job.EscrowAddress),
        ("execution_hash", job.ExecutionHash),
        ("logs_hash", job.LogsHash),
        ("proof", job.ProofSignature),
        ("charge", job.Settlement?.Charge),
        ("node_share", job.Settlement?.NodeShare),
        ("protocol_fee", job.Settlement?.ProtocolFee),
        ("platform_fee", job.Settlement?.PlatformFee),
        ("refund", job.Settlement?.Refund),
        ("signatures", JsonSerializer.Serialize(job.Signatures, ContractJson.Options)),
        ("completed_at", JobStateNames.IsTerminal(job.State) ? commit.At : null),
    ];

    /// <summary>The row, the lease, the history, and what follows from an end: the intent's status and the node's totals.</summary>
    private static async Task MoveAsync(Session session, SagaCommit commit, JobRow job, string before)
    {
        await session.ExecuteAsync(Update, Columns(job, commit));
        if (commit.Lease is { } lease)
        {
            await ChangeLeaseAsync(session, lease, commit.At);
        }

        foreach (var (step, entered) in CommitShape.History(commit))
        {
            await session.ExecuteAsync(
                "insert into job_transitions (job_id, version, step, state, at, cause, attempt) values (@job, @version, @step, @state, @at, @cause, @attempt)",
                ("job", job.Id),
                ("version", job.ExpectedVersion + 1),
                ("step", step),
                ("state", entered.State),
                ("at", commit.At),
                ("cause", StoredValue.Clean(entered.Cause)),
                ("attempt", entered.Attempt));
        }

        if (JobStateNames.IsTerminal(job.State))
        {
            await session.ExecuteAsync(
                "update payment_intents set status = @status where job_id = @job",
                ("status", JobStateNames.ToStatus(job.State)),
                ("job", job.Id));
        }

        if (CommitShape.Pays(job) && before != JobStateNames.Paid)
        {
            await session.ExecuteAsync(
                """
                update nodes set total_jobs_completed = total_jobs_completed + 1, total_earned = total_earned
                    + case when exists (select 1 from jobs where job_id = @job and payment_mint is not null) then 0 else @share end
                where node_id = @node
                """, // total_earned is in HYPER
                ("job", job.Id),
                ("share", job.Settlement!.NodeShare),
                ("node", job.AssignedNode));
        }
    }

    private static Task ChangeLeaseAsync(Session session, LeaseChange lease, DateTimeOffset at) => lease.Take
        ? session.ExecuteAsync(
            """
            insert into leases (job_id, attempt, node_id, slot, challenge, rate_per_second, live, taken_at)
            values (@job, @attempt, @node, @slot, @challenge, @rate, 1, @at)
            """,
            ("job", lease.JobId),
            ("attempt", lease.Attempt),
            ("node", lease.NodeId),
            ("slot", lease.Slot),
            ("challenge", lease.Challenge),
            ("rate", lease.RatePerSecond),
            ("at", at))
        : session.ExecuteAsync("update leases set live = 0 where job_id = @job and live", ("job", lease.JobId));

    private static async Task ChangeTimersAsync(Session session, SagaCommit commit)
    {
        foreach (var timer in CommitShape.Timers(commit))
        {
            if (timer.DueAt is null)
            {
                await session.ExecuteAsync("delete from timers where job_id = @job and kind = @kind", ("job", timer.JobId), ("kind", timer.Kind.ToString()));
                continue;
            }

            await session.ExecuteAsync(
                """
                insert into timers (job_id, kind, due_at, epoch, type, body) values (@job, @kind, @due, @epoch, @type, @body)
                on conflict (job_id, kind) do update
                set due_at = excluded.due_at, epoch = excluded.epoch, type = excluded.type, body = excluded.body
                """,
                ("job", timer.JobId),
                ("kind", timer.Kind.ToString()),
                ("due", timer.DueAt),
                ("epoch", timer.Epoch),
                ("type", timer.Type),
                ("body", timer.Body));
        }
    }
}
