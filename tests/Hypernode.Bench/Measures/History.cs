using Npgsql;

namespace Hypernode.Bench.Measures;

/// <summary>Fills a stack's tables by plain SQL, as if it had been there for long.</summary>
internal static class History
{
    private const int PatienceSeconds = 3_600;

    /// <summary>
    /// Finished jobs with all their rows: copies of one that was truly run, under ids of their own. Every unique index grows as
    /// it would have; what the copies say of themselves inside their JSON is not read by anyone.
    /// </summary>
    private const string Fill = """
        set session_replication_role = replica; -- the copies' foreign keys hold by construction
        create temp table past as
            select gen_random_uuid()::text as job_id, gen_random_uuid()::text as intent_id from generate_series(1, @size);
        create temp table model as select * from jobs where state = 'Paid' order by completed_at desc limit 1;
        insert into jobs
            select r.* from past p, model m,
            lateral jsonb_populate_record(null::jobs, to_jsonb(m) || jsonb_build_object('job_id', p.job_id, 'payment_intent_id', p.intent_id)) r;
        insert into payment_intents
            select r.* from past p, model m join payment_intents t on t.job_id = m.job_id,
            lateral jsonb_populate_record(null::payment_intents, to_jsonb(t) || jsonb_build_object('job_id', p.job_id, 'intent_id', p.intent_id, 'nonce', p.intent_id)) r;
        insert into job_transitions
            select p.job_id, t.version, t.step, t.state, t.at, t.cause, t.attempt from past p, model m join job_transitions t on t.job_id = m.job_id;
        insert into leases
            select r.* from past p, model m join leases t on t.job_id = m.job_id,
            lateral jsonb_populate_record(null::leases, to_jsonb(t) || jsonb_build_object('job_id', p.job_id)) r;
        insert into job_logs
            select p.job_id, t.attempt, t.seq, t.stream, t.at, t.data, t.hash, t.received_at from past p, model m join job_logs t on t.job_id = m.job_id;
        insert into receipts (job_id, attempt, node_id, receipt_hash, body, signature, received_at)
            select p.job_id, t.attempt, t.node_id, t.receipt_hash, t.body, t.signature, t.received_at from past p, model m join receipts t on t.job_id = m.job_id;
        insert into inbox (message_id, at)
            select gen_random_uuid(), now() from past, generate_series(1, 7);
        drop table past;
        drop table model;
        """;

    private const string Arm = """
        set session_replication_role = replica;
        insert into timers (job_id, kind, due_at, epoch, type, body)
            select job_id, 'bench-' || n, now() + interval '1 day', 1, 'bench', '{}'
            from (select job_id from jobs where completed_at is not null limit 1) j, generate_series(1, @size) n;
        """;

    private const string Disarm = "delete from timers where type = 'bench'";

    public static Task FillAsync(string database, int size) => RunAsync(database, Fill, size);

    public static Task ArmAsync(string database, int size) => RunAsync(database, Arm, size);

    public static Task DisarmAsync(string database) => RunAsync(database, Disarm, 0);

    private static async Task RunAsync(string database, string script, int size)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(database) { Pooling = false, CommandTimeout = PatienceSeconds }.ConnectionString);
        await connection.OpenAsync();
        // As the server would have been left by then: nothing of the filling is paid for while we measure.
        foreach (var statement in (string[])[script.Replace("@size", $"{size}", StringComparison.Ordinal), "vacuum analyze", "checkpoint"])
        {
            await using var command = new NpgsqlCommand(statement, connection);
            await command.ExecuteNonQueryAsync();
        }
    }
}
