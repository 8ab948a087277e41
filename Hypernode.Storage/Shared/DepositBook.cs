using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;

namespace Hypernode.Storage.Shared;

internal sealed class DepositBook(Database database) : IDepositBook
{
    // Where a lock's answer is open, the deposit may still become the payment.
    private const string Spent = """
        select d.mint, d.intent_id, d.job_id, d.client, d.amount, d.settle_by
        from deposits d join jobs on jobs.job_id = d.job_id
        where d.settle_by >= @since and (d.settle_by > @after or (d.settle_by = @after and d.intent_id > @after_id))
            and (d.settle_by <= @now or jobs.state not in ('Initial', 'Submitted', 'IntentVerified', 'EscrowPending', 'Rejected'))
        order by d.settle_by, d.intent_id
        limit @most
        """;

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
            ("most", most));
}
