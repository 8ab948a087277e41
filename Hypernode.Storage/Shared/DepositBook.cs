using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;

namespace Hypernode.Storage.Shared;

internal sealed class DepositBook(Database database) : IDepositBook
{
    // Where a lock's answer is open, the deposit may still become the payment.
    private const string Spent = """
        select d.mint, d.intent_id, d.job_id, d.client, d.amount, d.settle_by
        from (
            select mint, intent_id, job_id, client, amount, settle_by from deposits
            union select mint, intent_id, job_id, client, amount, settle_by from opened_deposits) d
        left join jobs on jobs.job_id = d.job_id
        where d.settle_by >= @since and (d.settle_by, d.intent_id, d.mint) > (@after, @after_id, @after_mint)
            and (d.settle_by <= @now or jobs.state not in ('Initial', 'Submitted', 'IntentVerified', 'EscrowPending', 'Rejected'))
        order by d.settle_by, d.intent_id, d.mint
        limit @most
        """;

    // Those that are a job's by now are closed by their own payment, or swept after it.
    private const string Open = """
        from opened_deposits o where o.settle_by > @now and not exists (select 1 from jobs where jobs.job_id = o.job_id)
        """;

    private const string Note = $"""
        insert into opened_deposits (intent_id, mint, job_id, client, amount, settle_by)
        select @intent, @mint, @job, @client, @amount, @settle_by
        where (select count(*) {Open} and o.client = @client) < @most_of_payer and (select count(*) {Open}) < @most_of_all
        on conflict (intent_id, mint) do nothing
        """;

    private const string Noted = "select 1 from opened_deposits where intent_id = @intent and mint = @mint";

    public Task<bool> NoteOpeningAsync(DepositTerms terms, DateTimeOffset now, int mostOfPayer, int mostOfAll, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            await session.ExecuteAsync(
                Note,
                ("intent", terms.IntentId),
                ("mint", terms.Mint),
                ("job", terms.JobId),
                ("client", terms.Payer),
                ("amount", terms.Amount),
                ("settle_by", terms.SettleBy),
                ("now", now.ToUnixTimeSeconds()),
                ("most_of_payer", (long)mostOfPayer),
                ("most_of_all", (long)mostOfAll));
            return (await session.QueryAsync(Noted, r => 1, ("intent", terms.IntentId), ("mint", terms.Mint))).Count > 0;
        },
        cancellationToken);

    public async Task<IReadOnlyList<DepositTerms>> SpentAsync(long since, DateTimeOffset now, DepositTerms? after, int most, CancellationToken cancellationToken) =>
        await database.ReadAsync(
            Spent,
            r => new DepositTerms(
                WalletAddress.Parse(r.Text(0)),
                IntentId.Parse(r.Text(1)),
                JobId.Parse(r.Text(2)),
                WalletAddress.Parse(r.Text(3)),
                StoredValue.Amount(r.Long(4)),
                r.Long(5)),
            cancellationToken,
            ("since", since),
            ("now", now.ToUnixTimeSeconds()),
            ("after", after?.SettleBy ?? 0),
            ("after_id", after?.IntentId.ToString() ?? ""),
            ("after_mint", after?.Mint.ToString() ?? ""),
            ("most", most));
}
