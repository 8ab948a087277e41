namespace Hypernode.Bench.Running;

/// <summary>The command line of the runner; <c>hn bench</c> explains it.</summary>
/// <param name="What">engine, latency, crowd, history or timers.</param>
/// <param name="Data">Logs and the rows' own files.</param>
/// <param name="WarmUpSeconds">Each row runs so long before its first round.</param>
/// <param name="Peers">Where the peers' programs are; null: without them.</param>
internal sealed record BenchOptions(string What, string Data, string? Peers, int Rounds, int Jobs, int Outstanding, int WarmUpSeconds, IReadOnlyList<string> Rows, bool Json)
{
    public const string ServicesVariable = "HYPERNODE_BENCH_SERVICES";

    public static BenchOptions Parse(string[] args)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 1; i < args.Length; i++)
        {
            values[args[i]] = args[i] == "--json" ? "true" : args[++i];
        }

        return new BenchOptions(
            args[0],
            values["--data"],
            values.GetValueOrDefault("--peers"),
            int.Parse(values["--rounds"]),
            int.Parse(values["--jobs"]),
            int.Parse(values["--outstanding"]),
            int.Parse(values["--warm-up"]),
            values.GetValueOrDefault("--rows")?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [],
            values.ContainsKey("--json"));
    }
}
