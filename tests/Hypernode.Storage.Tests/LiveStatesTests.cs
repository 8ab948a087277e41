using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Ports;
using static Hypernode.Storage.Tests.Given;

namespace Hypernode.Storage.Tests;

public sealed class SqliteLiveStatesTests(SqliteFixture storage) : LiveStatesTests(storage), IClassFixture<SqliteFixture>;

[Trait("Needs", "postgres")]
public sealed class PostgresLiveStatesTests(PostgresFixture storage) : LiveStatesTests(storage), IClassFixture<PostgresFixture>;

public abstract class LiveStatesTests(StorageFixture storage)
{
    private readonly ILiveStates _states = storage.Get<ILiveStates>();

    [Fact]
    public async Task Of_many_that_write_the_next_state_at_once_one_does()
    {
        var topic = $"node:{NewNodeId()}";
        (await _states.FindAsync(topic, None)).ShouldBeNull();
        for (var seen = 0L; seen < 3; seen++)
        {
            var wrote = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() => _states.AdvanceAsync(topic, seen, $"{{\"i\":{i}}}", None))));

            wrote.Count(w => w).ShouldBe(1);
            (await _states.FindAsync(topic, None)).ShouldBe(new LiveState(seen + 1, $"{{\"i\":{Array.IndexOf(wrote, true)}}}"));
        }

        (await _states.AdvanceAsync(topic, 1, "{}", None)).ShouldBeFalse();
    }

    [Fact]
    public async Task A_wallets_sums_follow_its_jobs()
    {
        var wallet = NewWallet();
        (await _states.SumsAsync(wallet, None)).Mints.ShouldBeEmpty();
        var (ended, open) = (await AJobAsync(storage, wallet), await AJobAsync(storage, wallet));
        (await _states.SumsAsync(wallet, None)).Mints.ShouldBe([new MintSums(null, HyperAmount.Zero, HyperAmount.Zero, HyperAmount.Zero)]);
        var amount = (await storage.Get<IJobReader>().FindAsync(open, None))!.Intent.Amount;
        var (charge, refund) = (new HyperAmount(10), new HyperAmount(amount.BaseUnits - 10));
        await storage.Get<ISagaJournal>().CommitAsync(
            [
                Commit(Row(ended, 0, JobStateNames.Paid, JobStateNames.Paid) with
                {
                    EscrowAddress = "escrow",
                    Settlement = new Settlement(charge, new HyperAmount(8), new HyperAmount(1), new HyperAmount(1), refund),
                }),
                Commit(Row(open, 0, JobStateNames.Matching, JobStateNames.Matching) with { EscrowAddress = "escrow" }),
            ],
            [],
            None);

        (await _states.SumsAsync(wallet, None)).Mints.ShouldBe([new MintSums(null, amount, charge, refund)]);
    }

    [Fact]
    public async Task The_networks_counts_are_of_active_nodes_running_jobs_and_all_jobs()
    {
        var before = await _states.CountsAsync(None);
        await ANodeAsync(storage);
        var (running, ended) = (await AJobAsync(storage), await AJobAsync(storage));
        await storage.Get<ISagaJournal>().CommitAsync(
            [Commit(Row(running, 0, JobStateNames.Executing, JobStateNames.Executing)), Commit(Row(ended, 0, JobStateNames.Rejected, JobStateNames.Rejected))], [], None);

        (await _states.CountsAsync(None)).ShouldBe(new NetworkCounts(before.ActiveNodes + 1, before.RunningJobs + 1, before.TotalJobs + 2));
    }

    [Fact]
    public async Task A_history_grows_at_its_end_alone()
    {
        var job = await AJobAsync(storage);
        var journal = storage.Get<ISagaJournal>();
        var reader = storage.Get<IJobReader>();
        await journal.CommitAsync([Commit(Row(job, 0, JobStateNames.Matching, JobStateNames.EscrowPending, JobStateNames.Matching))], [], None);
        var before = await reader.HistoryAsync(job, None);
        before.Select(t => t.State).ShouldBe([JobStateNames.Submitted, JobStateNames.EscrowPending, JobStateNames.Matching]);

        await journal.CommitAsync([Commit(Row(job, 1, JobStateNames.Assigned, JobStateNames.Assigned))], [], None);

        var after = await reader.HistoryAsync(job, None);
        after.Count.ShouldBe(4);
        after.Take(3).ShouldBe(before);
    }
}
