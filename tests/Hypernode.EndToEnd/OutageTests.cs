using System.Globalization;
using Hypernode.Cli.Stack;
using Hypernode.Contracts.Jobs;
using Xunit.Abstractions;

namespace Hypernode.EndToEnd;

/// <summary>
/// Broker, control plane, database and node go away under a running job, each by SIGKILL or SIGSTOP, on the services stack.
/// HYPERNODE_TEST_OUTAGE_SECONDS says for how long the broker is away; what is silent for more than 6 s would be re-assigned.
/// </summary>
[Trait("Needs", "docker")]
[Trait("Needs", "localnet")]
[Trait("Needs", "postgres")]
[Trait("Needs", "rabbitmq")]
[Trait("About", "agent")]
public sealed class OutageTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Short = 9;
    private static readonly int BrokerSeconds =
        int.TryParse(Environment.GetEnvironmentVariable("HYPERNODE_TEST_OUTAGE_SECONDS"), CultureInfo.InvariantCulture, out var wanted) ? wanted : Short;

    private StackUnderTest _stack = null!;

    public async Task InitializeAsync() => _stack = await StackUnderTest.StartAsync(
        jobs: 4,
        new WorkflowWindows { MatchSeconds = 60, StartPatienceSeconds = 20, VerificationSeconds = 60, StepSeconds = 5, MatchRetrySeconds = 1, RefundGraceSeconds = 5, SilenceSeconds = 6 },
        new AgentPlan("node-1", Slots: 2),
        new AgentPlan("node-2", Slots: 2));

    public async Task DisposeAsync() => await _stack.DisposeAsync();

    [Fact]
    public async Task No_outage_of_ours_ends_a_job_or_counts_against_its_node_and_a_silent_node_s_late_result_is_refused()
    {
        await Broker_control_plane_and_database_go_away_one_after_the_other();
        await A_node_that_stood_still_comes_too_late();
    }

    private async Task Broker_control_plane_and_database_go_away_one_after_the_other()
    {
        var whole = BrokerSeconds + (2 * Short) + 45;
        var through = await _stack.SubmitAsync($"i=0; while [ $i -lt {BrokerSeconds + (2 * Short) + 20} ]; do echo $i; i=$((i+1)); sleep 1; done; echo whole > /out/whole", whole + 120);
        var within = await _stack.SubmitAsync("sleep 8; exit 3", 120);
        await _stack.RunningAsync(through);
        await _stack.RunningAsync(within);

        await AwayAsync("broker", _stack.KillBrokerAsync, () => _stack.Stack.StartServicesAsync(CancellationToken.None), BrokerSeconds);
        var failed = await _stack.EndAsync(within);
        (failed.State, failed.Outcome, failed.Attempt).ShouldBe((JobStateNames.Paid, nameof(Verdict.JobFault), 1), "it failed while nobody could hear of it, and by its own fault");

        await AwayAsync("control plane", _stack.Stack.KillHostsAsync, () => _stack.Stack.StartHostsAsync(CancellationToken.None), Short);
        await AwayAsync("database", _stack.KillDatabaseAsync, () => _stack.Stack.StartServicesAsync(CancellationToken.None), Short);

        var ended = await _stack.EndAsync(through, whole);
        (ended.State, ended.Outcome, ended.Attempt).ShouldBe((JobStateNames.Paid, nameof(Verdict.Succeeded), 1), string.Join(", ", ended.Transitions.Select(t => $"{t.State} ({t.Cause})")));
        ended.Transitions.ShouldNotContain(t => t.Cause.Contains("NodeSilent", StringComparison.Ordinal));
    }

    private async Task A_node_that_stood_still_comes_too_late()
    {
        var job = await _stack.SubmitAsync("sleep 14; echo done > /out/done", 120);
        var first = await _stack.RunningAsync(job);
        var stalled = _stack.Stack.Agents.Single(a => a.Id.ToString() == first.NodeId);
        var earned = await EarnedAsync(stalled);
        await StackUnderTest.SignalAsync(_stack.Stack.ProcessOf(stalled), "STOP");
        var second = await _stack.RunningAsync(job, attempt: 2);
        second.NodeId.ShouldNotBe(first.NodeId);
        await StackUnderTest.SignalAsync(_stack.Stack.ProcessOf(stalled), "CONT");

        var ended = await _stack.EndAsync(job);
        (ended.State, ended.Outcome, ended.Attempt, ended.NodeId).ShouldBe((JobStateNames.Paid, nameof(Verdict.Succeeded), 2, second.NodeId));

        // Told that nobody wants it any more, it has ended its container, and nothing of the attempt is left.
        var attempts = Path.Combine(stalled.Folder, "data", "attempts");
        for (var i = 0; i < 300 && Directory.EnumerateFileSystemEntries(attempts).Any(); i++)
        {
            await Task.Delay(100);
        }

        Directory.EnumerateFileSystemEntries(attempts).ShouldBeEmpty();
        (await EarnedAsync(stalled)).ShouldBe(earned);
        output.WriteLine($"{job}: {string.Join(", ", ended.Transitions.Select(t => $"{t.State} {t.At - ended.CreatedAt} ms"))}");
    }

    private async Task<ulong> EarnedAsync(AgentNode node) => (await _stack.Api.NodeAsync(node.Id.ToString(), CancellationToken.None)).Earned;

    private async Task AwayAsync(string what, Func<Task> kill, Func<Task> start, int seconds)
    {
        await kill();
        output.WriteLine($"{TimeProvider.System.GetUtcNow():HH:mm:ss} the {what} is killed");
        await Task.Delay(TimeSpan.FromSeconds(seconds));
        await start();
        output.WriteLine($"{TimeProvider.System.GetUtcNow():HH:mm:ss} the {what} is back");
    }
}
