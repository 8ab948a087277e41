namespace Hypernode.Storage.PostgreSQL;

/// <summary>
/// A whole batch of transitions in two or three constant statements, one round trip and one implicit transaction. Arrays carry
/// the items; <c>gate</c> holds those that the version, the inbox and the slot allow, and every write hangs on it.
/// <para>
/// Everybody locks in one order: jobs by id, nodes by id, then the rows that only a holder of those locks writes. So two hosts'
/// batches never wait for each other in a circle. The locks come in statements of their own, because the next one then sees
/// what the lock had waited for.
/// </para>
/// <para>
/// <c>x in (select …) is true</c> rather than a join: it becomes a hashed look-up, where a join of two arrays would compare
/// each row with each.
/// </para>
/// </summary>
internal static class PostgresJournalSql
{
    public static readonly PostgresStatement LockJobs = new(
        "select count(*) from (select 1 from jobs where job_id = any(@jobs) order by job_id for no key update) as locked");

    /// <summary>Those whose slots are wanted or whose totals rise.</summary>
    public static readonly PostgresStatement LockNodes = new(
        "select count(*) from (select 1 from nodes where node_id = any(@nodes) order by node_id for no key update) as locked");

    /// <summary>Answers a row (n, known, fits) for each item that was not committed.</summary>
    public static readonly PostgresStatement Commit = new("""
        with item as materialized (
            select
                i.*, jobs.state as before, jobs.payment_mint, inbox.message_id is not null as known,
                inbox.message_id is null and (i.job is null or jobs.job_id is not null) as fits
            from unnest(
                @n, @message, @at, @job, @version, @state, @status, @saga, @attempt, @node, @outcome, @escrow, @execution_hash,
                @logs_hash, @proof, @charge, @node_share, @protocol_fee, @platform_fee, @refund, @signatures, @ended, @pays, @take, @release)
                as i (n, message, at, job, version, state, status, saga, attempt, node, outcome, escrow, execution_hash,
                logs_hash, proof, charge, node_share, protocol_fee, platform_fee, refund, signatures, ended, pays, take, release)
            left join jobs on jobs.job_id = i.job and jobs.version = i.version
            left join inbox on inbox.message_id = i.message),
        released as (
            update leases set live = false from item
            where item.fits and item.release and leases.job_id = item.job
                and leases.live is not false -- "and leases.live" would let the planner walk through all live leases instead
            returning leases.job_id),
        taken as ( -- the first of the batch wins a slot; one that is given back in this batch can be taken
            insert into leases (job_id, attempt, node_id, slot, challenge, rate_per_second, live, taken_at)
            select l.job, l.attempt, l.node, l.slot, l.challenge, l.rate, true, l.at
            from unnest(@take_n, @take_job, @take_attempt, @take_node, @take_slot, @take_challenge, @take_rate, @take_at)
                as l (n, job, attempt, node, slot, challenge, rate, at)
            where (l.n in (select n from item where fits)) is true and (select count(*) from released) >= 0
            order by l.n
            on conflict (node_id, slot) where live do nothing
            returning job_id),
        gate as materialized (
            select * from item where fits and (not take or job in (select job_id from taken))),
        seen as (
            insert into inbox (message_id, at) select message, at from gate order by message),
        moved as (
            update jobs set
                version = jobs.version + 1, state = gate.state, status = gate.status, saga = gate.saga, attempt = gate.attempt,
                assigned_node_id = gate.node, outcome = gate.outcome, escrow_pubkey = gate.escrow,
                execution_hash = gate.execution_hash, logs_hash = gate.logs_hash, proof_tx = gate.proof, charge = gate.charge,
                node_share = gate.node_share, protocol_fee = gate.protocol_fee, platform_fee = gate.platform_fee,
                refund = gate.refund, signatures = gate.signatures,
                completed_at = coalesce(jobs.completed_at, case when gate.ended then gate.at end)
            from gate where jobs.job_id = gate.job),
        history as (
            insert into job_transitions (job_id, version, step, state, at, cause, attempt)
            select h.job, h.version, h.step, h.state, h.at, h.cause, h.attempt
            from unnest(@history_n, @history_job, @history_version, @history_step, @history_state, @history_at, @history_cause, @history_attempt)
                as h (n, job, version, step, state, at, cause, attempt)
            where (h.n in (select n from gate)) is true),
        intents as (
            update payment_intents set status = gate.status from gate
            where gate.ended and payment_intents.job_id = gate.job),
        earned as (
            update nodes set
                total_jobs_completed = total_jobs_completed + paid.jobs, total_earned = total_earned + paid.share
            from (
                -- total_earned is in HYPER
                select node, count(*) as jobs, sum(case when payment_mint is null then node_share else 0 end)::bigint as share from gate
                where pays and before <> 'Paid' group by node) as paid
            where nodes.node_id = paid.node),
        consumed as ( -- a duplicate's rows too; delivered ones belong to no item
            delete from outbox using unnest(@gone_n, @gone_id) as gone (n, id)
            where outbox.message_id = gone.id
                and (gone.n < 0 or gone.n in (select n from gate) or gone.n in (select n from item where known))),
        sent as (
            insert into outbox (message_id, destination, type, body, job_id, created_at, owner_host, taken_until)
            select m.id, m.destination, m.type, m.body, m.job, m.at, m.owner, m.until
            from unnest(@out_n, @out_id, @out_destination, @out_type, @out_body, @out_job, @out_at, @out_owner, @out_until)
                as m (n, id, destination, type, body, job, at, owner, until)
            where (m.n in (select n from gate)) is true
            on conflict (message_id) do nothing),
        timers_set as (
            insert into timers (job_id, kind, due_at, epoch, type, body)
            select t.job, t.kind, t.due, t.epoch, t.type, t.body
            from unnest(@set_n, @set_job, @set_kind, @set_due, @set_epoch, @set_type, @set_body) as t (n, job, kind, due, epoch, type, body)
            where (t.n in (select n from gate)) is true
            on conflict (job_id, kind) do update
            set due_at = excluded.due_at, epoch = excluded.epoch, type = excluded.type, body = excluded.body),
        timers_gone as (
            delete from timers using unnest(@cancel_n, @cancel_job, @cancel_kind) as gone (n, job, kind)
            where timers.job_id = gone.job and timers.kind = gone.kind and (gone.n in (select n from gate)) is true)
        select n, known, fits from item where (n in (select n from gate)) is not true
        """);
}
