namespace Hypernode.Storage.PostgreSQL;

/// <summary>
/// A whole commit as one constant statement. Every part hangs on <c>gate</c>, so one row decides over all of them: nothing is
/// written unless the version, the inbox and the slot allow it, with no exception and no second round trip. Many such
/// statements can go in one batch without one's refusal spoiling the others.
/// </summary>
internal static class PostgresJournalSql
{
    /// <summary>Answers (1 if the version fits and the message is new, 1 if the slot was free too and all is written).</summary>
    public const string Transition = """
        with job as materialized (
            select job_id, state from jobs
            where job_id = @job and version = @version and not exists (select 1 from inbox where message_id = @message)
            for update),
        lease as (
            insert into leases (job_id, attempt, node_id, slot, challenge, rate_per_second, live, taken_at)
            select job_id, @lease_attempt, @lease_node, @lease_slot, @challenge, @rate, true, @at from job where @take
            on conflict (node_id, slot) where live do nothing
            returning job_id),
        gate as materialized (
            select job_id, state from job where not @take or exists (select 1 from lease)),
        seen as (
            insert into inbox (message_id, at) select @message, @at from gate),
        moved as (
            update jobs set
                version = jobs.version + 1, state = @state, status = @status, saga = @saga, attempt = @attempt,
                assigned_node_id = @node, outcome = @outcome, escrow_pubkey = @escrow, execution_hash = @execution_hash,
                logs_hash = @logs_hash, proof_tx = @proof, charge = @charge, node_share = @node_share,
                protocol_fee = @protocol_fee, platform_fee = @platform_fee, refund = @refund, signatures = @signatures,
                completed_at = coalesce(jobs.completed_at, @completed_at)
            from gate where jobs.job_id = gate.job_id),
        history as (
            insert into job_transitions (job_id, version, step, state, at, cause, attempt)
            select gate.job_id, @version + 1, entered.step, entered.state, @at, @cause, @attempt
            from gate, unnest(@entered) with ordinality as entered (state, step)
            where not (entered.step = 1 and gate.state = 'Initial' and entered.state = 'Submitted')), -- the intake wrote that one
        intent as (
            update payment_intents set status = @status from gate
            where @completed_at is not null and payment_intents.job_id = gate.job_id),
        earned as (
            update nodes set total_jobs_completed = total_jobs_completed + 1, total_earned = total_earned + @node_share
            from gate where @paid and gate.state <> 'Paid' and nodes.node_id = @node),
        released as (
            update leases set live = false from gate
            where @release and leases.job_id = gate.job_id and leases.live),
        """ + Effects + "select (select count(*)::int from job), (select count(*)::int from gate)";

    /// <summary>A message that changed no job: the inbox alone is the gate. Answers (1, 1 if the message is new).</summary>
    public const string Ignored = """
        with gate as (
            insert into inbox (message_id, at) values (@message, @at) on conflict do nothing returning message_id),
        """ + Effects + "select 1, (select count(*)::int from gate)";

    private const string Effects = """

        consumed as (
            delete from outbox using gate where outbox.message_id = any(@consumed)),
        sent as (
            insert into outbox (message_id, destination, type, body, job_id, created_at)
            select m.*, @at from gate, unnest(@out_ids, @out_destinations, @out_types, @out_bodies, @out_jobs) as m),
        timers_set as (
            insert into timers (job_id, kind, due_at, epoch, type, body)
            select t.* from gate, unnest(@set_jobs, @set_kinds, @set_due, @set_epochs, @set_types, @set_bodies) as t
            on conflict (job_id, kind) do update
            set due_at = excluded.due_at, epoch = excluded.epoch, type = excluded.type, body = excluded.body),
        timers_gone as (
            delete from timers using gate, unnest(@gone_jobs, @gone_kinds) as gone (job_id, kind)
            where timers.job_id = gone.job_id and timers.kind = gone.kind)

        """;
}
