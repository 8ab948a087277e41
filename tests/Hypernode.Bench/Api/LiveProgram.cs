using System.Text.Json;
using Hypernode.Bench.Loads;
using Hypernode.Bench.Running;

namespace Hypernode.Bench.Api;

/// <summary><c>live ADDRESS SOCKETS EVENTS_A_SECOND SECONDS [SERVER_PID]</c>: the live benchmark against an API that runs already; one object of JSON.</summary>
internal static class LiveProgram
{
    public static async Task<int> RunAsync(string[] args)
    {
        if (args is not [var address, var sockets, var rate, var seconds, .. var rest] || rest.Length > 1)
        {
            throw new BenchException("live ADDRESS SOCKETS EVENTS_A_SECOND SECONDS [SERVER_PID]");
        }

        var plan = new LivePlan(int.Parse(sockets), int.Parse(rate), int.Parse(seconds), ServerProcess: rest is [var pid] ? int.Parse(pid) : null);
        var outcome = await new LiveBench(new Uri(address), text => Console.Error.WriteLine($"bench: {text}")).RunAsync(plan);
        Console.WriteLine(JsonSerializer.Serialize(outcome, LoadProtocol.Json));
        return 0;
    }
}
