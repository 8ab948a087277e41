using System.Text.Json;
using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Text;
using Hypernode.NodeAgent.Leases;
using Hypernode.NodeAgent.Tests.Fakes;

namespace Hypernode.NodeAgent.Tests.Abuse;

/// <summary>What a control plane (or whoever speaks in its name) may try with commands: the node stays healthy, and its files bounded.</summary>
public class HostileControlPlaneTests : AgentTests
{
    [Fact]
    public async Task A_thousand_repeats_of_a_command_are_one_line_one_container_and_one_receipt()
    {
        await using var agent = await StartAsync();
        var command = Command();
        var container = await RunningAsync(command);
        for (var i = 0; i < 1_000; i++)
        {
            Kit.Link.Command(command);
        }

        Engine.End(container);
        await ReceiveAsync<AttemptReported>();
        await HealthyAsync();

        Lines().Count(r => r.JobId == command.JobId && r.Kind == JournalKind.Accepted).ShouldBe(1);
        Lines().Count(r => r.JobId == command.JobId && r.Kind == JournalKind.Reported).ShouldBe(1);
        Kit.Link.Received.OfType<AttemptReported>().Where(r => r.Receipt.JobId == command.JobId).Select(r => r.Receipt.Hash()).Distinct().ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Commands_of_other_nodes_leave_no_trace()
    {
        await using var agent = await StartAsync();
        var (mine, other) = (await RunningAsync(Command()), new NodeId(TestKit.NewId()));
        var job = Kit.Link.Received.OfType<AttemptStarted>().Single().JobId;
        var before = new FileInfo(JournalPath).Length;
        Kit.Link.Command(Command() with { NodeId = other });
        Kit.Link.Command(new StopJob(job, other, 1, "of another node"));
        Kit.Link.Command(new StopJob(job, other, int.MaxValue, "of another node"));
        await Time.AdvanceUntilAsync(() => Log.Lines.Count(l => l.Contains("not for this node", StringComparison.Ordinal)) == 3, Patience);

        new FileInfo(JournalPath).Length.ShouldBe(before);
        mine.Signals.ShouldBeEmpty();
        await HealthyAsync();
    }

    [Fact]
    public async Task An_old_attempt_neither_runs_nor_stops_the_new_one()
    {
        await using var agent = await StartAsync();
        var second = Command(attempt: 2);
        var container = await RunningAsync(second);
        Kit.Link.Command(second with { Attempt = 1, LeaseEpoch = 1 });
        Kit.Link.Command(new StopJob(second.JobId, Kit.Node, 1, "late"));
        await HealthyAsync();

        container.Signals.ShouldBeEmpty();
        Engine.Created.ShouldBe(2, "the second attempt's, and the healthy one's");
    }

    public static TheoryData<string, Func<ExecuteJob, ExecuteJob>> Nonsense { get; } = new()
    {
        { "no spec", c => c with { Spec = null! } },
        { "no limits", c => c with { Spec = c.Spec with { Limits = null! } } },
        { "no image", c => c with { Spec = c.Spec with { Image = null! } } },
        { "an attempt below zero", c => c with { Attempt = -1, Spec = null! } },
        { "a start that is never over", c => c with { StartBy = long.MaxValue, Spec = null! } },
        { "numbers at the ends of their range", c => c with { StartBy = long.MinValue, RunLimitMs = long.MinValue, Slot = int.MinValue, LeaseEpoch = int.MinValue } },
    };

    /// <summary>JSON that can be read, and says nothing that could be meant.</summary>
    [Theory]
    [MemberData(nameof(Nonsense))]
    public async Task A_command_that_makes_no_sense_is_declined_and_survives_a_restart(string what, Func<ExecuteJob, ExecuteJob> spoil)
    {
        var command = spoil(Command());
        await using (var first = await StartAsync())
        {
            Kit.Link.Command(command);
            (await ReceiveAsync<AttemptDeclined>()).JobId.ShouldBe(command.JobId, what);
            await first.SimulateCrash();
        }

        await using var second = await StartAsync();
        await HealthyAsync();
        Kit.Link.Received.OfType<AttemptStarted>().ShouldNotContain(s => s.JobId == command.JobId);
    }

    [Fact]
    public async Task More_commands_than_can_ever_begin_wait_at_the_broker()
    {
        await using var agent = await StartAsync();
        var held = new List<FakeEngine.Container> { await RunningAsync(Command(runLimitMs: 3_600_000)), await RunningAsync(Command(runLimitMs: 3_600_000)) };
        for (var i = 0; i < 1_000; i++)
        {
            Kit.Link.Command(Command() with { StartBy = Time.NowMs + 3_600_000 });
        }

        await Time.AdvanceUntilAsync(() => agent.OpenAttempts >= 258, Patience);
        await Time.PassAsync(TimeSpan.FromSeconds(2));
        agent.OpenAttempts.ShouldBe(258);
        held.ShouldAllBe(c => c.Signals.Count == 0);
    }

    [Fact]
    public void Stops_for_jobs_that_nobody_knows_fill_neither_journal_nor_memory()
    {
        using var journal = AgentJournal.Open(JournalPath, Time, file: null, threshold: 64 * 1024);
        var open = Command();
        journal.Accept(open);
        var jobs = Enumerable.Range(0, 3_000).Select(_ => new JobId(TestKit.NewId())).ToList();
        foreach (var job in jobs)
        {
            Time.Advance(TimeSpan.FromMilliseconds(1));
            journal.Stop(job, 1);
        }

        new FileInfo(JournalPath).Length.ShouldBeLessThan(80 * 1024);
        journal.Find(jobs[^1])!.StopRequested.ShouldBeTrue("the youngest fences stay");
        journal.Find(jobs[0]).ShouldBeNull();
        journal.Unconfirmed().Single().JobId.ShouldBe(open.JobId);
    }

    /// <summary>An honest command is still run to its end.</summary>
    private async Task HealthyAsync()
    {
        var honest = Command();
        Engine.End(await RunningAsync(honest));
        await Time.AdvanceUntilAsync(() => Kit.Link.Received.OfType<AttemptReported>().Any(r => r.Receipt.JobId == honest.JobId), Patience);
    }

    private List<JournalRecord> Lines()
    {
        using var file = new FileStream(JournalPath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file);
        return [.. reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonSerializer.Deserialize<JournalRecord>(l, ContractJson.Options)!)];
    }
}
