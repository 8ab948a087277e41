using System.Text.Json.Nodes;
using Hypernode.Api.Tests.Fakes;
using Hypernode.Contracts.Events;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;
using Hypernode.Contracts.Timers;

namespace Hypernode.Api.Tests;

/// <summary>Why is it so, and what comes next: for jobs and for nodes.</summary>
public sealed class ExplainTests(AccessWorld world) : IClassFixture<AccessWorld>
{
    private readonly ApiHost _host = world.Host;

    private DateTimeOffset Now => _host.Clock.Now;

    [Fact]
    public async Task A_waiting_job_names_the_matchers_counts()
    {
        var job = JobId.Parse(await Bodies.SubmittedJobAsync(_host, TestWallet.Alice));
        var lost = Lease(job, 1, live: false);
        _host.Jobs.Move(job, JobStateNames.Matching, j => j with { Attempt = 2 });
        _host.Standing.Jobs[job] = FakeStanding.Nothing with
        {
            Leases = [lost],
            Timers = [new(TimerKind.Match, Now.AddSeconds(2)), new(TimerKind.Expiry, Now.AddHours(1))],
        };
        _host.Standing.Outlook = new MatchOutlook(3, 0, "3 nodes: 2 too little memory, 1 busy", [new("too-little-memory", "too little memory", 2), new("busy", "busy", 1)]);

        var answer = await ExplainAsync(job);

        _host.Standing.AskedFor!.Tried.ShouldBe([lost.NodeId]);
        answer["waitingFor"]!.ToJsonString().ShouldBe("""{"code":"no-fitting-node","text":"no node can take it now: 3 nodes: 2 too little memory, 1 busy"}""");
        answer["matching"]!["reasons"]![0]!.ToJsonString().ShouldBe("""{"code":"too-little-memory","text":"too little memory","count":2}""");
        answer["deadlines"]!.AsArray().Select(d => d!["code"]!.GetValue<string>()).ShouldBe(["look-again", "expiry"]);
        answer["deadlines"]![0]!["at"]!.GetValue<long>().ShouldBe(Now.AddSeconds(2).ToUnixTimeMilliseconds());
    }

    [Fact]
    public async Task A_running_job_says_when_its_node_is_given_up()
    {
        var job = await world.RunningJobAsync();
        var lease = Lease(job, 1, live: true) with { FirstBeatAt = Now, LastBeatAt = Now.AddSeconds(3) };
        _host.Standing.Jobs[job] = FakeStanding.Nothing with { Leases = [lease], Timers = [new(TimerKind.Lease, Now.AddMinutes(2))] };

        var answer = await ExplainAsync(job);

        answer["waitingFor"]!["code"]!.GetValue<string>().ShouldBe("receipt");
        answer["deadlines"]!.AsArray().Select(d => d!["code"]!.GetValue<string>()).ShouldBe(["silence", "run-overdue"]);
        answer["deadlines"]![0]!["text"]!.GetValue<string>().ShouldContain("another node gets attempt 2 of 3");
        answer["matching"].ShouldBeNull();
        answer.ToJsonString().ShouldNotContain(lease.Challenge.ToString()); // the lease's secret
        answer.ToJsonString().ShouldNotContain("sort /in"); // what the job holds
    }

    [Fact]
    public async Task A_settled_job_shows_its_decisions_its_checks_and_its_transactions()
    {
        var job = await world.RunningJobAsync();
        _host.Jobs.Histories[job].Add(new JobTransition(JobStateNames.Matching, Now, "ResultVerified: failed: logs_exist", 2));
        _host.Jobs.Move(job, JobStateNames.Paid, j => j with { Attempt = 2, Outcome = "Succeeded", Signatures = ["lock", "settle"] });
        var hash = Hash256.Of("x"u8);
        _host.Standing.Jobs[job] = FakeStanding.Nothing with
        {
            Leases = [Lease(job, 2, live: false)],
            Result = new ResultVerified(job, 2, Verdict.Succeeded, 8_500, new HyperAmount(12), hash, hash, "failed: job_exists"),
        };
        _host.Standing.Checks = [new("job_exists", 1_500, false, false), new("logs_exist", 2_000, true, true)];

        var answer = await ExplainAsync(job);

        var decision = answer["decisions"]!.AsArray().Single(d => d!["code"]!.GetValue<string>() == "ResultVerified")!;
        decision["detail"]!.GetValue<string>().ShouldBe("failed: logs_exist");
        decision["attempt"]!.GetValue<int>().ShouldBe(2);
        answer["attempts"]![0]!["verdict"]!.ToJsonString().ShouldBe(
            """{"verdict":"Succeeded","score":8500,"charge":12,"detail":"failed: job_exists","checks":[{"name":"job_exists","weight":1500,"gate":false,"held":false},{"name":"logs_exist","weight":2000,"gate":true,"held":true}]}""");
        answer["transactions"]!.ToJsonString().ShouldBe("""["lock","settle"]""");
        answer["deadlines"]!.AsArray().ShouldBeEmpty();
        answer["waitingFor"]!["code"]!.GetValue<string>().ShouldBe("ended-paid");
    }

    [Theory]
    [InlineData(NodeStatus.Draining, 0, "draining")]
    [InlineData(NodeStatus.Jailed, 0, "jailed")]
    [InlineData(NodeStatus.Active, 1, "busy")]
    [InlineData(NodeStatus.Active, 0, "nothing-fits")]
    public async Task A_node_learns_why_it_gets_no_jobs(NodeStatus status, int busy, string code)
    {
        var job = JobId.Parse(await Bodies.SubmittedJobAsync(_host, TestWallet.Alice));
        _host.Nodes.All[AccessWorld.NodeId] = _host.Nodes.All[AccessWorld.NodeId] with { Status = status, BusySlots = busy };
        _host.Standing.Waiting.Clear();
        _host.Standing.Waiting.Add(new WaitingJob(job, _host.Jobs.All[job].Spec, new HyperAmount(1), 0, []));
        _host.Standing.Outlook = new MatchOutlook(1, 0, "1 job: 1 too dear", [new("too-dear", "too dear", 1)]);

        var answer = await ApiHost.JsonOfAsync(await world.Callers["node"].GetAsync($"/api/nodes/{AccessWorld.NodeId}/explain"));

        answer["reason"]!["code"]!.GetValue<string>().ShouldBe(code);
        answer["waiting"]!.ToJsonString().ShouldBe(
            """{"jobs":1,"more":false,"fitting":0,"text":"1 job: 1 too dear","reasons":[{"code":"too-dear","text":"too dear","count":1}]}""");
        answer.ToJsonString().ShouldNotContain(job.ToString()); // others' jobs are counted, not named
    }

    private async Task<JsonObject> ExplainAsync(JobId job) =>
        await ApiHost.JsonOfAsync(await world.Callers["operator"].GetAsync($"/api/jobs/{job}/explain"));

    private LeaseView Lease(JobId job, int attempt, bool live) =>
        new(job, attempt, AccessWorld.NodeId, 0, Hash256.Of("challenge"u8), new HyperAmount(1_000), Now, null, null, live);
}
