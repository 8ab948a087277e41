using Hypernode.Cli.Stack;
using Hypernode.Contracts.Jobs;
using Hypernode.EndToEnd;

namespace Hypernode.Bench.Agent;

/// <summary>How long the jobs of a node that is killed are away, at the default thresholds: several jobs a kill, and a node a kill.</summary>
internal static class DeadNode
{
    /// <returns>Milliseconds from the kill until each job runs on another node.</returns>
    public static async Task<IReadOnlyList<double>> MeasureAsync(int kills, int jobs, Action<string> say)
    {
        var moves = new List<double>();
        var agents = Enumerable.Range(1, kills + 1).Select(i => new AgentPlan($"node-{i}", Slots: 2 * jobs)).ToList();
        await using var stack = await StackUnderTest.StartAsync(kills * jobs, new WorkflowWindows(), agents);
        for (var kill = 1; kill <= kills; kill++)
        {
            var open = new List<string>();
            for (var i = 0; i < jobs; i++)
            {
                open.Add(await stack.SubmitAsync("sleep 60", timeoutSeconds: 300));
            }

            var running = new List<(string Job, string Node)>();
            foreach (var job in open)
            {
                running.Add((job, (await stack.RunningAsync(job)).NodeId!));
            }

            var fullest = running.GroupBy(r => r.Node).MaxBy(g => g.Count())!;
            var at = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
            await stack.Stack.KillAgentAsync(stack.Stack.Agents.Single(a => a.Id.ToString() == fullest.Key), CancellationToken.None);
            foreach (var (job, _) in fullest)
            {
                var moved = await stack.RunningAsync(job, attempt: 2);
                moves.Add(moved.Transitions.Last(t => t.State == JobStateNames.Executing).At - at);
            }

            say($"kill {kill}: {string.Join(", ", moves.TakeLast(fullest.Count()).Select(m => $"{m / 1000:F1}"))} s");
            foreach (var job in open)
            {
                await stack.EndAsync(job, seconds: 240);
            }
        }

        return moves;
    }
}
