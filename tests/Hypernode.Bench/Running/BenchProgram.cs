using System.Text.Json;
using Hypernode.Bench.Loads;

namespace Hypernode.Bench.Running;

/// <summary>The runner: <c>hn bench</c> starts it with the services beside it.</summary>
internal static class BenchProgram
{
    public static async Task<int> RunAsync(string[] args)
    {
        try
        {
            var options = BenchOptions.Parse(args);
            using var services = await Services.OpenAsync(
                Environment.GetEnvironmentVariable(BenchOptions.ServicesVariable) ?? throw new BenchException($"start it as hn bench: {BenchOptions.ServicesVariable} is missing"));
            var settings = await services.PostgresSettingsAsync();
            var plans = new RowPlans(options, services, settings);
            var (text, json) = await (options.What switch
            {
                "engine" => EngineAsync(options, plans, services),
                var other => throw new BenchException($"no benchmark {other}"),
            });
            await (options.Json ? Console.Error : Console.Out).WriteLineAsync(text);
            if (options.Json)
            {
                await Console.Out.WriteLineAsync(JsonSerializer.Serialize(json, LoadProtocol.Json));
            }

            return 0;
        }
        catch (BenchException e)
        {
            await Console.Error.WriteLineAsync($"bench: {e.Message}");
            return 1;
        }
    }

    private static async Task<(string, object)> EngineAsync(BenchOptions options, RowPlans plans, Services services)
    {
        var unknown = options.Rows.Except(plans.All.Select(p => p.Key)).ToList();
        if (unknown.Count > 0)
        {
            throw new BenchException($"no row {string.Join(", ", unknown)}; there are {string.Join(", ", plans.All.Select(p => p.Key))}");
        }

        var chosen = plans.All.Where(p => options.Rows.Count == 0 || options.Rows.Contains(p.Key)).ToList();
        var report = await new EngineBench(options, chosen, services, Say).RunAsync();
        return (report.ToText(), report.ToJson());
    }

    private static void Say(string text) => Console.Error.WriteLine($"bench: {text}");
}
