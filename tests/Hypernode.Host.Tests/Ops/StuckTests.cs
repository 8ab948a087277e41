using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Hypernode.Host.Ops;
using Microsoft.Extensions.DependencyInjection;

namespace Hypernode.Host.Tests.Ops;

[Trait("Needs", "postgres")]
public sealed class StuckTests : IAsyncLifetime
{
    private static readonly WorkflowWindows Windows = new();
    private TestDatabase _database = null!;
    private Books _books = null!;

    public async Task InitializeAsync()
    {
        _database = await TestDatabase.CreateAsync();
        _books = new Books(_database);
    }

    public async Task DisposeAsync() => await _database.DisposeAsync();

    [Fact]
    public async Task Who_is_in_time_or_has_ended_is_not_stuck()
    {
        await _books.PaidAsync();
        await _books.RefundedAsync();
        await _books.AssignedAsync();

        var report = await ReadAsync(TimeSpan.Zero);

        (report.Open, report.Jobs.Count, report.More).ShouldBe((1, 0, false));
    }

    [Fact]
    public async Task A_timer_that_nobody_handles_is_told_with_what_the_job_waits_for_and_what_brought_it_there()
    {
        var job = await _books.AssignedAsync();

        var stuck = (await ReadAsync(TimeSpan.FromHours(1.1))).Jobs.ShouldHaveSingleItem();

        stuck.JobId.ShouldBe(job.ToString());
        (stuck.State, stuck.Attempt, stuck.NodeId is not null).ShouldBe((JobStateNames.Assigned, 1, true));
        stuck.Why.Code.ShouldBe("timer-overdue");
        stuck.WaitingFor.Code.ShouldBe("start");
        stuck.Cause!.Code.ShouldBe("NodeMatched");
        stuck.Deadlines.ShouldHaveSingleItem().Code.ShouldBe("ask-again");
        stuck.OverdueSince.ShouldBe(stuck.Deadlines[0].At);
    }

    [Fact]
    public async Task A_job_that_nothing_wakes_a_chain_that_never_answers_and_a_settle_by_that_is_past_are_told_apart()
    {
        var stranded = await _books.AssignedAsync();
        await _database.ExecuteAsync($"delete from timers where job_id = '{stranded}'; delete from outbox where job_id = '{stranded}'");
        var settling = await _books.BeginAsync();
        await settling.MoveAsync(1, "JobStarted", JobStateNames.Executing);
        await settling.MoveAsync(1, "JobExecuted", JobStateNames.Executed);
        settling.Lease = settling.Slot(take: false);
        await settling.MoveAsync(1, "ResultVerified: Succeeded", JobStateNames.Verified, JobStateNames.SettlementPending);

        (await ReadAsync(TimeSpan.FromMinutes(7))).Jobs.ToDictionary(j => j.JobId, j => j.Why.Code)
            .ShouldBe(new Dictionary<string, string> { [stranded.ToString()] = "stranded", [settling.Job.ToString()] = "answer-overdue" }, ignoreOrder: true);
        (await ReadAsync(TimeSpan.FromDays(1))).Jobs.Single(j => j.JobId == settling.Job.ToString()).Why.Code.ShouldBe("past-settle-by");
    }

    [Fact]
    public async Task A_long_list_is_cut_and_says_so()
    {
        await _books.AssignedAsync();
        await _books.AssignedAsync();

        var report = await ReadAsync(TimeSpan.FromDays(1), limit: 1);

        (report.Open, report.Jobs.Count, report.More).ShouldBe((2, 1, true));
    }

    private Task<StuckReport> ReadAsync(TimeSpan later, int limit = 100) => new StuckJobs(
        _database.Services.GetRequiredService<IAuditReader>(), _database.Services.GetRequiredService<IJobReader>(), _database.Services.GetRequiredService<IStandingReader>(),
        Windows, new At(DateTimeOffset.UtcNow + later)).ReadAsync(limit, CancellationToken.None);
}
