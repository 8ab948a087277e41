using Hypernode.Bench.Loads;

namespace Hypernode.Bench.Running;

/// <summary>The command line of the runner; <c>hn bench</c> explains it.</summary>
/// <param name="What">engine, latency, crowd, history, timers, settle, agent or api.</param>
/// <param name="Data">Logs and the rows' own files.</param>
/// <param name="Output">text, json or markdown.</param>
/// <param name="Peers">Where the peers' programs are; null: without them.</param>
/// <param name="Seconds">No job begins later than this in a round.</param>
/// <param name="Warm">Processes that have run for a while, instead of fresh ones in each round.</param>
/// <param name="WarmUpSeconds">A warm row has run for so long before its first round.</param>
/// <param name="Faults">Settlements on a bad network, to count units and not time.</param>
/// <param name="Size">Jobs, finished jobs, timers or requests, as <paramref name="What"/> has it.</param>
internal sealed record BenchOptions(
    string What, string Data, string Output, string? Peers, int Rounds, int Jobs, int Seconds, int Outstanding, bool Warm, int WarmUpSeconds, int Size, IReadOnlyList<string> Rows, bool Faults = false)
{
    public const string ServicesVariable = "HYPERNODE_BENCH_SERVICES";

    /// <summary>Of a fresh row, and no longer than <see cref="Seconds"/>.</summary>
    public const int WarmUpJobs = 200;

    /// <summary>What one round of a row measures.</summary>
    public Load Round => new(Jobs, Outstanding, Seconds);

    public string Method => Warm
        ? $"warm: each row's processes run for {WarmUpSeconds} s before the first round and stay; a round is up to {Jobs} jobs or {Seconds} s, {Outstanding} outstanding"
        : $"fresh: in each round each row's processes start anew on an empty database and broker; {WarmUpJobs} jobs of warm-up, then up to {Jobs} measured jobs or {Seconds} s, {Outstanding} outstanding; what the just-in-time compiler does meanwhile counts";

    public static BenchOptions Parse(string[] args)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 1; i < args.Length; i++)
        {
            values[args[i]] = args[i] == "--warm" ? "true" : args[++i];
        }

        return new BenchOptions(
            args[0],
            values["--data"],
            values["--output"],
            values.GetValueOrDefault("--peers"),
            int.Parse(values["--rounds"]),
            int.Parse(values["--jobs"]),
            int.Parse(values["--seconds"]),
            int.Parse(values["--outstanding"]),
            values.ContainsKey("--warm"),
            int.Parse(values["--warm-up"]),
            int.Parse(values["--size"]),
            values.GetValueOrDefault("--rows")?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [],
            values.ContainsKey("--faults"));
    }
}
