using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Ports;

namespace Hypernode.Storage.Shared;

internal sealed class LiveStates(Database database) : ILiveStates
{
    private const string Advance = """
        insert into live_states (topic, seq, body) values (@topic, @next, @body)
        on conflict (topic) do update set seq = excluded.seq, body = excluded.body where live_states.seq = @seen
        """;

    // Running jobs are among the few that have not ended (idx_jobs_open); all of them are counted in the primary key alone.
    private const string Counts = """
        select
            (select cast(count(*) as int) from nodes where status = 'Active'),
            (select count(*) from jobs where completed_at is null and status = 'running'),
            (select count(*) from jobs)
        """;

    private const string Sums = """
        select
            payment_mint,
            cast(sum(case when completed_at is null and escrow_pubkey is not null then payment_amount else 0 end) as bigint),
            cast(sum(coalesce(charge, 0)) as bigint),
            cast(sum(coalesce(refund, 0)) as bigint)
        from jobs
        where user_id = (select id from users where wallet_address = @wallet)
        group by payment_mint
        order by payment_mint
        """;

    private const string Earned = """
        select cast(coalesce(sum(total_earned), 0) as bigint) from nodes
        where user_id = (select id from users where wallet_address = @wallet)
        """;

    public Task<LiveState?> FindAsync(string topic, CancellationToken cancellationToken) => database.FindAsync(
        "select seq, body from live_states where topic = @topic", r => new LiveState(r.Long(0), r.Text(1)), cancellationToken, ("topic", topic));

    public Task<bool> AdvanceAsync(string topic, long seen, string body, CancellationToken cancellationToken) => database.WriteAsync(
        async session => await session.ExecuteAsync(Advance, ("topic", topic), ("next", seen + 1), ("body", body), ("seen", seen)) == 1,
        cancellationToken);

    public async Task<NetworkCounts> CountsAsync(CancellationToken cancellationToken) =>
        (await database.ReadAsync(Counts, r => new NetworkCounts(r.Int(0), r.Long(1), r.Long(2)), cancellationToken))[0];

    public async Task<WalletSums> SumsAsync(WalletAddress wallet, CancellationToken cancellationToken)
    {
        var mints = await database.ReadAsync(
            Sums,
            r => new MintSums(r.TextOrNull(0), StoredValue.Amount(r.Long(1)), StoredValue.Amount(r.Long(2)), StoredValue.Amount(r.Long(3))),
            cancellationToken,
            ("wallet", wallet));
        var earned = await database.ReadAsync(Earned, r => StoredValue.Amount(r.Long(0)), cancellationToken, ("wallet", wallet));
        return new WalletSums(earned is [var sum] ? sum : HyperAmount.Zero, mints);
    }
}
