using Hypernode.Contracts.Jobs;
using Hypernode.Sagas.Engine;
using Hypernode.Sagas.Tests.Rig;

namespace Hypernode.Sagas.Tests.Engine;

public sealed class JobLanesTests
{
    private readonly JobId _job = new(Guid.NewGuid());
    private readonly JobLanes _lanes = new(new TurnScheduler());

    [Fact]
    public void Messages_of_a_job_go_one_at_a_time_in_their_order()
    {
        var order = new List<int>();
        var turns = Enumerable.Range(0, 4).Select(n => (N: n, Turn: _lanes.EnterAsync(_job))).ToList();
        turns[0].Turn.IsCompletedSuccessfully.ShouldBeTrue();
        turns.Skip(1).ShouldAllBe(t => !t.Turn.IsCompleted);

        foreach (var (n, _) in turns)
        {
            order.AddRange(turns.Where(t => t.Turn.IsCompleted && !order.Contains(t.N)).Select(t => t.N));
            order.ShouldBe(Enumerable.Range(0, n + 1));
            _lanes.Leave(_job);
        }
    }

    [Fact]
    public void Jobs_do_not_wait_for_each_other()
    {
        _ = _lanes.EnterAsync(_job);

        _lanes.EnterAsync(new JobId(Guid.NewGuid())).IsCompletedSuccessfully.ShouldBeTrue();
    }

    [Fact]
    public void A_lane_that_was_left_by_all_is_free_again()
    {
        _ = _lanes.EnterAsync(_job);
        _lanes.Leave(_job);

        _lanes.EnterAsync(_job).IsCompletedSuccessfully.ShouldBeTrue();
    }
}
