using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Workers.Settlement;
using Hypernode.Workers.Tests.Fakes;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hypernode.Workers.Tests.Settlement;

public sealed class CloseSweepTests
{
    private readonly FakeTombstones _chain = new();
    private readonly FakeJobs _jobs = new();

    [Fact]
    public async Task A_turn_is_bounded_and_the_next_one_goes_on()
    {
        _chain.Due.AddRange(Enumerable.Range(0, CloseSweep.MostInATurn + 7).Select(_ => new IntentId(Guid.NewGuid())));
        (await RunAsync()).ShouldBe(CloseSweep.MostInATurn);
        (await RunAsync()).ShouldBe(7);
        (await RunAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task One_that_stays_does_not_count_and_is_tried_again()
    {
        _chain.Due.AddRange([new IntentId(Guid.NewGuid()), new IntentId(Guid.NewGuid())]);
        _chain.Stubborn.Add(_chain.Due[0]);
        (await RunAsync()).ShouldBe(1);
        (await RunAsync()).ShouldBe(0);
        _chain.Stubborn.Clear();
        (await RunAsync()).ShouldBe(1);
    }

    [Fact]
    public async Task A_chain_that_cannot_be_asked_is_asked_in_the_next_turn()
    {
        _chain.Due.Add(new IntentId(Guid.NewGuid()));
        _chain.Unreachable = true;
        (await RunAsync()).ShouldBe(0);
        _chain.Unreachable = false;
        (await RunAsync()).ShouldBe(1);
    }

    [Theory]
    [InlineData(JobStateNames.Paid, true)]
    [InlineData(JobStateNames.Refunded, true)]
    [InlineData(JobStateNames.Rejected, true)]
    [InlineData(JobStateNames.EscrowPending, false)]
    [InlineData(JobStateNames.SettlementPending, false)]
    [InlineData(JobStateNames.Refunding, false)]
    public async Task What_a_living_job_may_still_have_to_ask_the_chain_for_stays_there(string state, bool closed)
    {
        var run = new HonestRun();
        _jobs.All.Add(run.Job with { State = state });
        _chain.Due.AddRange([run.IntentId, new IntentId(Guid.NewGuid())]);
        (await RunAsync()).ShouldBe(closed ? 2 : 1);
    }

    private Task<int> RunAsync() =>
        new CloseSweep(_chain, _jobs, NullLogger<CloseSweep>.Instance).RunOnceAsync(DateTimeOffset.UnixEpoch, CancellationToken.None);
}
