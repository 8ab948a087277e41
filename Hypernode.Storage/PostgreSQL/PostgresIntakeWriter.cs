using System.Text.Json;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;
using Hypernode.Contracts.Timers;
using Hypernode.Storage.Shared;
using Npgsql;
using static Hypernode.Storage.PostgreSQL.PostgresStatement;

namespace Hypernode.Storage.PostgreSQL;

/// <summary>
/// Any number of submissions in one round trip and one implicit transaction. What stands in their way is read first; the rest is
/// inserted plainly, so that a race with another host ends in a unique violation, which undoes all of it: asked again, the other's
/// rows are seen.
/// </summary>
internal sealed class PostgresIntakeWriter(PostgresDatabase database) : IIntakeWriter
{
    private const string Blocked = """
        exists (select 1 from payment_intents where intent_id = d.intent)
            or exists (select 1 from payment_intents where job_id = d.job)
            or exists (select 1 from payment_intents where client = d.wallet and nonce = d.nonce)
        """;

    private static readonly PostgresStatement _known = new("""
        select d.n, i.intent_id, i.job_id, i.client, i.nonce, i.signature, jobs.spec_hash
        from unnest(@n, @intent, @job, @wallet, @nonce) as d (n, intent, job, wallet, nonce)
        cross join lateral (
            select * from payment_intents where intent_id = d.intent
            union select * from payment_intents where job_id = d.job
            union select * from payment_intents where client = d.wallet and nonce = d.nonce) as i
        join jobs on jobs.job_id = i.job_id
        """);

    // In one order for all hosts: two that know the same new wallets can't wait for each other.
    private static readonly PostgresStatement _users = new($"""
        insert into users (id, wallet_address, created_at)
        select distinct on (d.wallet) d.id, d.wallet, d.at
        from unnest(@id, @wallet, @at, @intent, @job, @nonce) as d (id, wallet, at, intent, job, nonce)
        where not ({Blocked})
        order by d.wallet
        on conflict (wallet_address) do nothing
        """);

    /// <summary>Answers the numbers of those that were written.</summary>
    private static readonly PostgresStatement _jobs = new($$"""
        with d as materialized (
            select d.*, users.id as user_id
            from unnest(
                @n, @intent, @job, @wallet, @nonce, @signature, @amount, @at, @created_at, @expires_at, @type, @description, @spec,
                @spec_hash, @settle_by, @salt, @estimated_time, @message, @destination, @message_type, @body, @until, @again,
                @funded, @payment_mint, @deposit_mint, @transfer)
                as d (n, intent, job, wallet, nonce, signature, amount, at, created_at, expires_at, type, description, spec,
                spec_hash, settle_by, salt, estimated_time, message, destination, message_type, body, until, again,
                funded, payment_mint, deposit_mint, transfer)
            join users on users.wallet_address = d.wallet
            where not ({{Blocked}})),
        job as (
            insert into jobs (
                job_id, user_id, job_type, description, status, state, version, attempt, payment_amount, payment_intent_id,
                signatures, spec, spec_hash, settle_by, salt, estimated_time, saga, created_at, payment_mint)
            select
                job, user_id, type, description, 'pending', 'Initial', 0, 0, funded, intent,
                '[]', spec, spec_hash, settle_by, salt, estimated_time, '{}', at, payment_mint
            from d),
        deposit as (
            insert into deposits (intent_id, job_id, client, mint, amount, settle_by, transfer)
            select intent, job, wallet, deposit_mint, funded, settle_by, transfer from d where transfer is not null),
        intent as (
            insert into payment_intents (intent_id, client, amount, job_id, signature, nonce, status, created_at, expires_at, used_at)
            select intent, wallet, amount, job, signature, nonce, 'pending', created_at, expires_at, at from d),
        history as (
            insert into job_transitions (job_id, version, step, state, at, cause, attempt)
            select job, 0, 1, 'Submitted', at, 'accepted', 0 from d),
        message as (
            insert into outbox (message_id, destination, type, body, job_id, created_at, taken_until)
            select message, destination, message_type, body, job, at, until from d),
        timer as (
            insert into timers (job_id, kind, due_at, epoch, type, body)
            select job, @kind, again, 0, message_type, body from d)
        select n from d
        """);

    public async Task<IReadOnlyList<IntakeResult?>> WriteAsync(IReadOnlyList<NewJob> jobs, CancellationToken cancellationToken)
    {
        try
        {
            return await database.WithRetryAsync(() => RunAsync(jobs, cancellationToken));
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            return new IntakeResult?[jobs.Count];
        }
    }

    /// <summary>Those that none before them shares a key with: the others see, asked again, what became of these.</summary>
    private static Draft[] FirstOfTheirKeys(IReadOnlyList<NewJob> jobs)
    {
        var keys = new HashSet<string>();
        var drafts = new List<Draft>(jobs.Count);
        for (var n = 0; n < jobs.Count; n++)
        {
            var intent = jobs[n].Submission.Intent;
            var fresh = keys.Add($"intent {intent.IntentId}") & keys.Add($"job {intent.JobId}") & keys.Add($"nonce {intent.Client} {intent.Nonce}");
            if (fresh)
            {
                drafts.Add(new Draft(n, jobs[n]));
            }
        }

        return [.. drafts.OrderBy(d => d.S.Intent.JobId.Value)]; // one order for all hosts
    }

    private async Task<IReadOnlyList<IntakeResult?>> RunAsync(IReadOnlyList<NewJob> jobs, CancellationToken cancellationToken)
    {
        var fresh = FirstOfTheirKeys(jobs);
        await using var batch = database.Source.CreateBatch();
        batch.BatchCommands.Add(_known.InBatch(KeysOf([.. jobs.Select((job, n) => new Draft(n, job))])));
        batch.BatchCommands.Add(_users.InBatch(
        [
            .. KeysOf(fresh).Where(v => v.Name != "n"), Column(fresh, "id", d => d.Job.UserId), Column(fresh, "at", d => StoredValue.Truncate(d.S.At)),
        ]));
        batch.BatchCommands.Add(_jobs.InBatch([.. KeysOf(fresh), .. RowsOf(fresh), Of("kind", nameof(TimerKind.Step))]));

        var known = new List<(int N, KnownIntent Intent)>();
        var results = new IntakeResult?[jobs.Count];
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var r = new Row(reader, TimesAreNumbers: false);
            known.Add((r.Int(0), new KnownIntent(r.Text(1), r.Text(2), r.Text(3), r.Text(4), r.Text(5), r.Text(6))));
        }

        foreach (var own in known.GroupBy(k => k.N, k => k.Intent))
        {
            results[own.Key] = jobs[own.Key].Meets(own);
        }

        await reader.NextResultAsync(cancellationToken); // the users answer nothing
        while (await reader.ReadAsync(cancellationToken))
        {
            results[reader.GetInt32(0)] = IntakeResult.Accepted;
        }

        await reader.NextResultAsync(cancellationToken); // what fails at the very end is told here
        return results;
    }

    private static (string Name, NpgsqlParameter Value)[] KeysOf(Draft[] drafts) =>
    [
        Column(drafts, "n", d => d.N),
        Column(drafts, "intent", d => d.S.Intent.IntentId.ToString()),
        Column(drafts, "job", d => d.S.Intent.JobId.ToString()),
        Column(drafts, "wallet", d => d.S.Intent.Client.ToString()),
        Column(drafts, "nonce", d => d.S.Intent.Nonce.ToString()),
    ];

    private static (string Name, NpgsqlParameter Value)[] RowsOf(Draft[] drafts) =>
    [
        Column(drafts, "signature", d => d.S.Signature.ToString()),
        Column(drafts, "amount", d => StoredValue.Of(d.S.Intent.Amount)),
        Column(drafts, "at", d => StoredValue.Truncate(d.S.At)),
        Column(drafts, "created_at", d => DateTimeOffset.FromUnixTimeMilliseconds(d.S.Intent.Timestamp)),
        Column(drafts, "expires_at", d => DateTimeOffset.FromUnixTimeMilliseconds(d.S.Intent.ExpiresAt)),
        Column(drafts, "type", d => d.S.Spec.Type.ToString()),
        Column(drafts, "description", d => StoredValue.Clean(d.S.Spec.Description)),
        Column(drafts, "spec", d => JsonSerializer.Serialize(d.S.Spec, ContractJson.Options)),
        Column(drafts, "spec_hash", d => d.S.SpecHash.ToString()),
        Column(drafts, "settle_by", d => d.S.SettleBy),
        Column(drafts, "salt", d => d.S.Salt.ToString()),
        Column(drafts, "estimated_time", d => d.S.Spec.EstimatedTime),
        Column(drafts, "message", d => d.Job.FirstMessage.MessageId),
        Column(drafts, "destination", d => d.Job.FirstMessage.Destination),
        Column(drafts, "message_type", d => d.Job.FirstMessage.Type),
        Column(drafts, "body", d => d.Job.FirstMessage.Body),
        Column(drafts, "until", d => StoredValue.Truncate(d.Job.FirstMessage.TakenUntil)),
        Column(drafts, "again", d => StoredValue.Truncate(d.Job.AgainAt)),
        Column(drafts, "funded", d => StoredValue.Of(d.S.Signature.Funded(d.S.Intent.Amount))),
        Column(drafts, "payment_mint", d => d.S.Mint?.ToString()),
        Column(drafts, "deposit_mint", d => d.S.Signature.Deposit?.Mint.ToString()),
        Column(drafts, "transfer", d => d.S.Signature.Deposit?.TransferHash().ToString()),
    ];

    private static (string Name, NpgsqlParameter Value) Column<T>(Draft[] drafts, string name, Func<Draft, T> value) =>
        Of(name, Array.ConvertAll(drafts, d => value(d)));

    private sealed record Draft(int N, NewJob Job)
    {
        public JobSubmission S => Job.Submission;
    }
}
