using System.Text.Json;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;
using Hypernode.Contracts.Timers;
using Hypernode.Storage.Shared;

namespace Hypernode.Storage.SQLite;

/// <summary>One submission after another under the writer's lock: each sees those before it.</summary>
internal sealed class SqliteIntakeWriter(SqliteDatabase database) : IIntakeWriter
{
    // Three look-ups, each by its unique index.
    private const string Known = """
        select i.intent_id, i.job_id, i.client, i.nonce, i.signature, jobs.spec_hash
        from payment_intents i join jobs on jobs.job_id = i.job_id
        where i.rowid in (
            select rowid from payment_intents where intent_id = @intent
            union select rowid from payment_intents where job_id = @job
            union select rowid from payment_intents where client = @client and nonce = @nonce)
        """;

    private const string InsertUser =
        "insert into users (id, wallet_address, created_at) values (@id, @wallet, @at) on conflict (wallet_address) do nothing";

    private const string InsertJob = """
        insert into jobs (
            job_id, user_id, job_type, description, status, state, version, attempt, payment_amount, payment_intent_id,
            signatures, spec, spec_hash, settle_by, salt, estimated_time, saga, created_at, payment_mint)
        select
            @job, users.id, @type, @description, 'pending', 'Initial', 0, 0, @amount, @intent,
            '[]', @spec, @spec_hash, @settle_by, @salt, @estimated_time, '{}', @at, @mint
        from users where wallet_address = @wallet
        """;

    private const string InsertIntent = """
        insert into payment_intents (intent_id, client, amount, job_id, signature, nonce, status, created_at, expires_at, used_at)
        values (@intent, @wallet, @amount, @job, @signature, @nonce, 'pending', @created_at, @expires_at, @at)
        """;

    private const string InsertDeposit = """
        insert into deposits (intent_id, job_id, client, mint, amount, settle_by, transfer)
        values (@intent, @job, @client, @mint, @amount, @settle_by, @transfer)
        """;

    private const string InsertHistory = """
        insert into job_transitions (job_id, version, step, state, at, cause, attempt)
        values (@job, 0, 1, 'Submitted', @at, 'accepted', 0)
        """;

    private const string InsertTimer = """
        insert into timers (job_id, kind, due_at, epoch, type, body) values (@job, @kind, @due, 0, @type, @body)
        """;

    public Task<IReadOnlyList<IntakeResult?>> WriteAsync(IReadOnlyList<NewJob> jobs, CancellationToken cancellationToken) =>
        database.WriteAsync<IReadOnlyList<IntakeResult?>>(
            async session =>
            {
                var results = new IntakeResult?[jobs.Count];
                for (var i = 0; i < jobs.Count; i++)
                {
                    results[i] = await WriteAsync(session, jobs[i]);
                }

                if (!results.Contains(IntakeResult.Accepted))
                {
                    session.Abandon(); // nothing to write: no fsync either
                }

                return results;
            },
            cancellationToken);

    private static async Task<IntakeResult> WriteAsync(Session session, NewJob job)
    {
        var (s, intent) = (job.Submission, job.Submission.Intent);
        var known = await session.QueryAsync(
            Known,
            r => new KnownIntent(r.GetString(0), r.GetString(1), r.GetString(2), r.GetString(3), r.GetString(4), r.GetString(5)),
            ("intent", intent.IntentId),
            ("job", intent.JobId),
            ("client", intent.Client),
            ("nonce", intent.Nonce));
        if (job.Meets(known) is { } refused)
        {
            return refused;
        }

        var deposit = s.Signature.Deposit;
        if (deposit is not null && (await session.QueryAsync("select 1 from deposits where transfer = @transfer", r => r.GetInt32(0), ("transfer", deposit.TransferHash()))).Count > 0)
        {
            return IntakeResult.IntentUsed;
        }

        await session.ExecuteAsync(InsertUser, ("id", job.UserId), ("wallet", intent.Client), ("at", s.At));
        await session.ExecuteAsync(
            InsertJob,
            ("job", intent.JobId),
            ("wallet", intent.Client),
            ("type", s.Spec.Type.ToString()),
            ("description", StoredValue.Clean(s.Spec.Description)),
            ("amount", s.Signature.Funded(intent.Amount)),
            ("mint", s.Mint),
            ("intent", intent.IntentId),
            ("spec", JsonSerializer.Serialize(s.Spec, ContractJson.Options)),
            ("spec_hash", s.SpecHash),
            ("settle_by", s.SettleBy),
            ("salt", s.Salt),
            ("estimated_time", s.Spec.EstimatedTime),
            ("at", s.At));
        await session.ExecuteAsync(
            InsertIntent,
            ("intent", intent.IntentId),
            ("wallet", intent.Client),
            ("amount", intent.Amount),
            ("job", intent.JobId),
            ("signature", s.Signature.ToString()),
            ("nonce", intent.Nonce),
            ("created_at", DateTimeOffset.FromUnixTimeMilliseconds(intent.Timestamp)),
            ("expires_at", DateTimeOffset.FromUnixTimeMilliseconds(intent.ExpiresAt)),
            ("at", s.At));
        if (deposit is not null)
        {
            await session.ExecuteAsync(
                InsertDeposit,
                ("intent", intent.IntentId),
                ("job", intent.JobId),
                ("client", intent.Client),
                ("mint", deposit.Mint),
                ("amount", deposit.Amount),
                ("settle_by", s.SettleBy),
                ("transfer", deposit.TransferHash()));
        }

        await session.ExecuteAsync(InsertHistory, ("job", intent.JobId), ("at", s.At));
        await SqliteOutbox.InsertAsync(session, [job.FirstMessage], s.At);
        await session.ExecuteAsync(
            InsertTimer,
            ("job", intent.JobId),
            ("kind", nameof(TimerKind.Step)),
            ("due", job.AgainAt),
            ("type", job.FirstMessage.Type),
            ("body", job.FirstMessage.Body));
        return IntakeResult.Accepted;
    }
}
