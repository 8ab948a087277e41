using System.Text.Json;
using Hypernode.Bench.Agent;
using Hypernode.Bench.Api;
using Hypernode.Bench.Loads;
using Hypernode.Bench.Measures;
using Hypernode.Bench.Settlement;

namespace Hypernode.Bench.Running;

/// <summary>The runner: <c>hn bench</c> starts it with the services beside it.</summary>
internal static class BenchProgram
{
    public static async Task<int> RunAsync(string[] args)
    {
        try
        {
            var options = BenchOptions.Parse(args);
            var machine = Machine.Describe();
            // Settlements need a chain, and neither database nor broker.
            var report = options.What == "agent" ? await new AgentBench(options, Say).RunAsync()
                : options.What != "settle" ? await MeasureEngineAsync(options)
                : options.Faults ? await new FaultyBench(options, Say).RunAsync()
                : await new SettleBench(options, Say).RunAsync();
            await WriteAsync(report, options.Output, machine);
            return 0;
        }
        catch (BenchException e)
        {
            await Console.Error.WriteLineAsync($"bench: {e.Message}");
            return 1;
        }
    }

    private static async Task<Report> MeasureEngineAsync(BenchOptions options)
    {
        using var services = await Services.OpenAsync(
            Environment.GetEnvironmentVariable(BenchOptions.ServicesVariable) ?? throw new BenchException($"start it as hn bench: {BenchOptions.ServicesVariable} is missing"));
        if (options.What == "api")
        {
            return await new ApiBench(options, services, Say).RunAsync();
        }

        var plans = new RowPlans(options, services, await services.PostgresSettingsAsync());
        return await (options.What switch
        {
            "engine" => new EngineBench(options, plans, services, Say).RunAsync(),
            "latency" => new LatencyBench(options, plans, Say).RunAsync(),
            "crowd" => new CrowdBench(options, plans, Say).RunAsync(),
            "history" => new HistoryBench(options, plans, Say).RunAsync(),
            "timers" => new TimersBench(options, plans, Say).RunAsync(),
            var other => throw new BenchException($"no benchmark {other}"),
        });
    }

    private static async Task WriteAsync(Report report, string output, string machine)
    {
        await (output == "text" ? Console.Out : Console.Error).WriteLineAsync(report.ToText(machine));
        if (output == "json")
        {
            await Console.Out.WriteLineAsync(JsonSerializer.Serialize(report.Json, LoadProtocol.Json));
        }
        else if (output == "markdown")
        {
            await Console.Out.WriteLineAsync(report.ToMarkdown(machine));
        }
    }

    private static void Say(string text) => Console.Error.WriteLine($"bench: {text}");
}
