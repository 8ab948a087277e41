using Hypernode.Bench.Measures;
using Hypernode.Bench.Running;
using Hypernode.Cli.Stack;
using Hypernode.Contracts.Jobs;
using Hypernode.EndToEnd;

namespace Hypernode.Bench.Agent;

/// <summary>
/// The agent's figures on the whole services stack: PostgreSQL, RabbitMQ, a localnet, every role and every agent a process of its own,
/// and a private engine. All that is measured shares the machine with all of that.
/// </summary>
internal sealed class AgentBench(BenchOptions options, Action<string> say)
{
    private const int Crowd = 50;
    private const int LogMegabytes = 64;
    private const int LogRuns = 5;

    /// <summary>More than its default, which is smaller than what is measured.</summary>
    private const string MaxLogVariable = "Hypernode__Agent__MaxLogBytes";

    public async Task<Report> RunAsync()
    {
        Environment.SetEnvironmentVariable(MaxLogVariable, $"{(LogMegabytes + 1) * 1_000_000}");
        say("one node with 50 slots");
        LeaseTimes lease;
        (double Idle, double Busy) memory;
        CrowdOutcome crowd;
        IReadOnlyList<double> logs;
        await using (var stack = await StackUnderTest.StartAsync(options.Size + Crowd + 20, new WorkflowWindows(), new AgentPlan("node-1", Slots: Crowd)))
        {
            var node = new OneNode(stack, say);
            lease = await node.LeasesAsync(options.Size);
            memory = await node.MemoryAsync(jobs: 10);
            logs = await node.LogsAsync(LogMegabytes, LogRuns);
            crowd = await node.CrowdAsync(Crowd);
        }

        var moves = await DeadNode.MeasureAsync(options.Rounds, jobs: 8, say);
        return ReportOf(lease, memory, crowd, logs, moves);
    }

    private static Report ReportOf(LeaseTimes lease, (double Idle, double Busy) memory, CrowdOutcome crowd, IReadOnlyList<double> logs, IReadOnlyList<double> moves) => new(
        "./hn bench agent",
        "the services stack on a private engine, everything on this machine; lease to running: from the acceptance in the agent's journal (after its fsync) to the start that the engine notes, one job at a time, image there; beside it plain create and start of the same container; node killed: SIGKILL to the agent, default thresholds, to the moment when the job's second attempt runs; resident: VmRSS of the agent's process; logs: bytes of one job's output between its state Executing and its stored receipt, which comes after every chunk is stored, and all of it judged Succeeded; the median of five jobs",
        [
            new Table(
                ["figure", "reached", "goal"],
                [
                    ["lease to running, p50 ms", $"{Of(lease.Agent, 50):F0}", "400"],
                    ["lease to running, p99 ms", $"{Of(lease.Agent, 99):F0}", ""],
                    ["plain create and start, p50 ms", $"{Of(lease.Plain, 50):F0}", ""],
                    ["node killed to job running elsewhere, p50 s", $"{Of(moves, 50) / 1000:F1}", ""],
                    [$"node killed to job running elsewhere, p99 s ({moves.Count} jobs)", $"{Of(moves, 99) / 1000:F1}", "20"],
                    ["agent resident with 10 jobs, MB", $"{memory.Busy:F0}", "120"],
                    ["agent resident before, MB", $"{memory.Idle:F0}", ""],
                    ["containers at once", $"{crowd.AtOnce}", $"{Crowd}"],
                    ["of them lost", $"{crowd.Lost}", "0"],
                    ["log through to the store, MB/s", $"{Of(logs, 50):F1}", "20"],
                    ["the same, slowest and fastest of five", $"{logs.Min():F1} to {logs.Max():F1}", ""],
                ]),
        ],
        new
        {
            LeaseToRunningP50Ms = Round(Of(lease.Agent, 50)),
            LeaseToRunningP99Ms = Round(Of(lease.Agent, 99)),
            Leases = lease.Agent.Count,
            PlainCreateAndStartP50Ms = Round(Of(lease.Plain, 50)),
            DeadNodeToRunningElsewhereP50Ms = Round(Of(moves, 50)),
            DeadNodeToRunningElsewhereP99Ms = Round(Of(moves, 99)),
            DeadNodeRuns = moves.Count,
            AgentRssMb = Round(memory.Busy),
            AgentRssIdleMb = Round(memory.Idle),
            ContainersAtOnce = new { Started = crowd.AtOnce, crowd.Lost },
            LogMegabytesPerSecond = Round(Of(logs, 50)),
            LogMegabytesPerSecondRuns = logs.Select(Round),
            Goals = new { LeaseToRunningP50Ms = 400, DeadNodeToRunningElsewhereP99Ms = 20_000, AgentRssMb = 120, ContainersAtOnce = Crowd, LogMegabytesPerSecond = 20 },
        });

    private static double Round(double value) => Math.Round(value, 1);

    /// <summary>The nearest rank: a value that was measured.</summary>
    private static double Of(IReadOnlyList<double> values, int percent) =>
        values.Order().ElementAt(Math.Max(0, (int)Math.Ceiling(values.Count * percent / 100.0) - 1));
}
