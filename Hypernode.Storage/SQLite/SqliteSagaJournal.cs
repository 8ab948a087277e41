using System.Text.Json;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;
using Hypernode.Storage.Shared;
using Microsoft.Data.Sqlite;

namespace Hypernode.Storage.SQLite;

/// <summary>The saga's hot path, step by step under the writer's lock: nobody can come between two steps.</summary>
internal sealed class SqliteSagaJournal(SqliteDatabase database) : ISagaJournal
{
    private const string Update = """
        update jobs set
            version = version + 1, state = @state, status = @status, saga = @saga, attempt = @attempt,
            assigned_node_id = @node, outcome = @outcome, escrow_pubkey = @escrow, execution_hash = @execution_hash,
            logs_hash = @logs_hash, proof_tx = @proof, charge = @charge, node_share = @node_share,
            protocol_fee = @protocol_fee, platform_fee = @platform_fee, refund = @refund, signatures = @signatures,
            completed_at = coalesce(completed_at, @completed_at)
        where job_id = @job and version = @version
        """;

    public Task<StoredSaga?> LoadAsync(JobId id, CancellationToken cancellationToken) => database.ReadAsync(
        "select state, version, saga from jobs where job_id = @job",
        reader => new StoredSaga(id, reader.GetString(0), reader.GetInt32(1), reader.GetString(2)),
        ("job", id));

    public async Task<CommitResult> CommitAsync(SagaCommit commit, CancellationToken cancellationToken)
    {
        CommitShape.Check(commit);
        var result = await database.WriteAsync(
            async session =>
            {
                var applied = await ApplyAsync(session, commit);
                if (applied != CommitResult.Committed)
                {
                    session.Abandon();
                }

                return applied;
            },
            cancellationToken);
        if (result == CommitResult.Duplicate)
        {
            // Handled before: its rows must go, or a relay would send it for ever.
            await database.WriteAsync(session => ConsumeAsync(session, commit), cancellationToken);
        }

        return result;
    }

    /// <summary>One commit in a running transaction; on another answer than Committed the caller rolls back (to its savepoint, in a group).</summary>
    private static async Task<CommitResult> ApplyAsync(Session session, SagaCommit commit)
    {
        if (await session.ExecuteAsync("insert into inbox (message_id, at) values (@message, @at) on conflict do nothing", ("message", commit.MessageId), ("at", commit.At)) == 0)
        {
            return CommitResult.Duplicate;
        }

        if (commit.Job is { } job)
        {
            var before = await session.QueryAsync("select state from jobs where job_id = @job", r => r.GetString(0), ("job", job.Id));
            if (before.Count == 0 || await session.ExecuteAsync(Update, [.. Columns(job, commit)]) == 0)
            {
                return CommitResult.VersionConflict;
            }

            if (commit.Lease is { } lease && !await ChangeLeaseAsync(session, lease, commit.At))
            {
                return CommitResult.SlotTaken;
            }

            await RecordAsync(session, job, before[0], commit.At);
        }

        await ConsumeAsync(session, commit);
        await SqliteOutbox.InsertAsync(session, commit.Outbox, commit.At);
        await ChangeTimersAsync(session, commit);
        return CommitResult.Committed;
    }

    private static IEnumerable<Parameter> Columns(JobRow job, SagaCommit commit) =>
    [
        ("job", job.Id),
        ("version", job.ExpectedVersion),
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

    /// <summary>False: the slot is held.</summary>
    private static async Task<bool> ChangeLeaseAsync(Session session, LeaseChange lease, DateTimeOffset at)
    {
        if (!lease.Take)
        {
            await session.ExecuteAsync("update leases set live = 0 where job_id = @job and live", ("job", lease.JobId));
            return true;
        }

        return await session.ExecuteAsync(
            """
            insert into leases (job_id, attempt, node_id, slot, challenge, rate_per_second, live, taken_at)
            values (@job, @attempt, @node, @slot, @challenge, @rate, 1, @at)
            on conflict (node_id, slot) where live do nothing
            """,
            ("job", lease.JobId),
            ("attempt", lease.Attempt),
            ("node", lease.NodeId),
            ("slot", lease.Slot),
            ("challenge", lease.Challenge),
            ("rate", lease.RatePerSecond),
            ("at", at)) == 1;
    }

    /// <summary>History, and what follows from an end: the intent's status and the node's totals.</summary>
    private static async Task RecordAsync(Session session, JobRow job, string before, DateTimeOffset at)
    {
        for (var i = 0; i < job.Entered.Count; i++)
        {
            if (i == 0 && before == JobStateNames.Initial && job.Entered[0] == JobStateNames.Submitted)
            {
                continue; // the intake wrote that one
            }

            await session.ExecuteAsync(
                "insert into job_transitions (job_id, version, step, state, at, cause, attempt) values (@job, @version, @step, @state, @at, @cause, @attempt)",
                ("job", job.Id),
                ("version", job.ExpectedVersion + 1),
                ("step", i + 1),
                ("state", job.Entered[i]),
                ("at", at),
                ("cause", StoredValue.Clean(job.Cause)),
                ("attempt", job.Attempt));
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
                "update nodes set total_jobs_completed = total_jobs_completed + 1, total_earned = total_earned + @share where node_id = @node",
                ("share", job.Settlement!.NodeShare),
                ("node", job.AssignedNode));
        }
    }

    private static async Task<int> ConsumeAsync(Session session, SagaCommit commit)
    {
        var rows = 0;
        foreach (var id in CommitShape.Consumed(commit))
        {
            rows += await session.ExecuteAsync("delete from outbox where message_id = @message", ("message", id));
        }

        return rows;
    }

    private static async Task ChangeTimersAsync(Session session, SagaCommit commit)
    {
        var (set, gone) = CommitShape.Timers(commit);
        foreach (var timer in gone)
        {
            await session.ExecuteAsync("delete from timers where job_id = @job and kind = @kind", ("job", timer.JobId), ("kind", timer.Kind.ToString()));
        }

        foreach (var timer in set)
        {
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
