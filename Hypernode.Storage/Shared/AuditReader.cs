using System.Text.Json;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;

namespace Hypernode.Storage.Shared;

/// <summary>Pages by the primary keys, so that a table of any size is read in order and never twice.</summary>
internal sealed class AuditReader(Database database) : IAuditReader
{
    private const string Jobs = """
        select jobs.job_id, state, version, attempt, outcome, completed_at is not null, payment_amount, jobs.settle_by, execution_hash,
            i.intent_id, i.client, coalesce(deposits.amount, i.amount), charge, node_share, protocol_fee, platform_fee, refund,
            (select count(*) from timers where timers.job_id = jobs.job_id),
            case when state = 'Refunded' and outcome = 'AttemptsUsedUp' then spec end
        from jobs left join payment_intents i on i.job_id = jobs.job_id left join deposits on deposits.job_id = jobs.job_id

        """;

    private const string Page = Jobs + "where jobs.job_id > @after order by jobs.job_id limit @limit";

    private const string One = Jobs + "where jobs.job_id = @job";

    private const string Messages = """
        select job_id, count(*) from outbox where job_id >= @first and job_id <= @last group by job_id
        """;

    private const string History = """
        select job_id, version, state, cause, attempt, at from job_transitions where job_id >= @first and job_id <= @last order by job_id, version, step
        """;

    private const string Leases = """
        select job_id, attempt, leases.node_id, slot, live, users.wallet_address
        from leases left join nodes on nodes.node_id = leases.node_id left join users on users.id = nodes.user_id
        where job_id >= @first and job_id <= @last order by job_id, attempt
        """;

    private const string Receipts = """
        select job_id, attempt, node_id, receipt_hash from receipts where job_id >= @first and job_id <= @last order by job_id, attempt
        """;

    private const string Nonces = """
        select job_id from payment_intents i
        where exists (select 1 from payment_intents o where o.client = i.client and o.nonce = i.nonce and o.job_id <> i.job_id)
        order by job_id limit @limit
        """;

    private const string Slots = """
        select a.job_id from leases a
        where a.live and exists (
            select 1 from leases b where b.live and b.node_id = a.node_id and b.slot = a.slot and (b.job_id <> a.job_id or b.attempt <> a.attempt))
        order by a.job_id limit @limit
        """;

    private const string Orphaned = """
        select what from (
            select 'message ' || cast(message_id as text) || ' of ' || job_id as what from outbox
                where job_id is not null and not exists (select 1 from jobs where jobs.job_id = outbox.job_id)
            union all select 'timer ' || kind || ' of ' || job_id from timers where not exists (select 1 from jobs where jobs.job_id = timers.job_id)
            union all select 'lease of ' || job_id from leases where not exists (select 1 from jobs where jobs.job_id = leases.job_id)
            union all select distinct 'history of ' || job_id from job_transitions t where not exists (select 1 from jobs where jobs.job_id = t.job_id)
        ) orphans order by what limit @limit
        """;

    private const string Open = """
        select job_id, state, created_at, settle_by,
            (select max(at) from job_transitions t where t.job_id = jobs.job_id),
            (select min(due_at) from timers where timers.job_id = jobs.job_id),
            (select count(*) from outbox where outbox.job_id = jobs.job_id)
        from jobs where completed_at is null and job_id > @after order by job_id limit @limit
        """;

    public async Task<IReadOnlyList<JobFacts>> PageAsync(JobId? after, int limit, CancellationToken cancellationToken) =>
        await CompleteAsync(await database.ReadAsync(Page, ToJob, cancellationToken, ("after", After(after)), ("limit", limit)), cancellationToken);

    public async Task<JobFacts?> FindAsync(JobId job, CancellationToken cancellationToken) =>
        await CompleteAsync(await database.ReadAsync(One, ToJob, cancellationToken, ("job", job)), cancellationToken) is [var found] ? found : null;

    public Task<IReadOnlyList<string>> RepeatedNoncesAsync(int limit, CancellationToken cancellationToken) => TextsAsync(Nonces, limit, cancellationToken);

    public Task<IReadOnlyList<string>> SharedSlotsAsync(int limit, CancellationToken cancellationToken) => TextsAsync(Slots, limit, cancellationToken);

    public Task<IReadOnlyList<string>> OrphansAsync(int limit, CancellationToken cancellationToken) => TextsAsync(Orphaned, limit, cancellationToken);

    public async Task<IReadOnlyList<OpenJob>> OpenAsync(JobId? after, int limit, CancellationToken cancellationToken) => await database.ReadAsync(
        Open,
        r => new OpenJob(JobId.Parse(r.Text(0)), r.Text(1), r.Time(2), r.TimeOrNull(4), r.TimeOrNull(5), (int)r.Long(6), r.Long(3)),
        cancellationToken,
        ("after", After(after)),
        ("limit", limit));

    private static string After(JobId? after) => after?.ToString() ?? "";

    private async Task<IReadOnlyList<string>> TextsAsync(string sql, int limit, CancellationToken cancellationToken) =>
        await database.ReadAsync(sql, r => r.Text(0), cancellationToken, ("limit", limit));

    private async Task<IReadOnlyList<JobFacts>> CompleteAsync(List<JobFacts> jobs, CancellationToken cancellationToken)
    {
        if (jobs.Count == 0)
        {
            return jobs;
        }

        Parameter first = ("first", jobs[0].Id), last = ("last", jobs[^1].Id);
        var messages = (await database.ReadAsync(Messages, r => (Job: JobId.Parse(r.Text(0)), Rows: (int)r.Long(1)), cancellationToken, first, last))
            .ToDictionary(m => m.Job, m => m.Rows);
        var history = await PartsAsync(History, r => new StepFacts(r.Int(1), r.Text(2), r.Text(3), r.Int(4), r.Time(5)));
        var leases = await PartsAsync(Leases, r => new LeaseFacts(r.Int(1), r.Text(2), r.Int(3), r.Flag(4), r.TextOrNull(5)));
        var receipts = await PartsAsync(Receipts, r => new ReceiptFacts(r.Int(1), r.Text(2), r.Text(3)));
        return
        [
            .. jobs.Select(j => j with
            {
                Messages = messages.GetValueOrDefault(j.Id), History = [.. history[j.Id]], Leases = [.. leases[j.Id]], Receipts = [.. receipts[j.Id]],
            }),
        ];

        async Task<ILookup<JobId, T>> PartsAsync<T>(string sql, Func<Row, T> read) =>
            (await database.ReadAsync(sql, r => (Job: JobId.Parse(r.Text(0)), Part: read(r)), cancellationToken, first, last)).ToLookup(p => p.Job, p => p.Part);
    }

    private static JobFacts ToJob(Row r) => new(
        JobId.Parse(r.Text(0)),
        r.Text(1),
        r.Int(2),
        r.Int(3),
        r.TextOrNull(4),
        r.Flag(5),
        r.Long(6),
        r.Long(7),
        r.TextOrNull(8),
        r.TextOrNull(9) is { } intent ? new IntentFacts(IntentId.Parse(intent), r.Text(10), r.Long(11)) : null,
        r.LongOrNull(12) is { } charge
            ? new SettlementFacts(charge, r.LongOrNull(13) ?? -1, r.LongOrNull(14) ?? -1, r.LongOrNull(15) ?? -1, r.LongOrNull(16) ?? -1)
            : null,
        r.TextOrNull(18) is { } spec ? JsonSerializer.Deserialize<JobSpec>(spec, ContractJson.Options)!.RunLimit() : null,
        (int)r.Long(17),
        0,
        [],
        [],
        []);
}
