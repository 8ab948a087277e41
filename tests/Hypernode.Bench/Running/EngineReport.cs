using System.Text;

namespace Hypernode.Bench.Running;

/// <summary>One row over all rounds.</summary>
internal sealed class RowReport(RowPlan plan, IReadOnlyList<Measured> rounds)
{
    public string Key => plan.Key;

    public string Name => plan.Name;

    public string Durability => plan.Durability;

    public Spread JobsPerSecond { get; } = Spread.Of(rounds.Select(r => r.JobsPerSecond));

    public double CpuMsPerJob { get; } = Spread.Of(rounds.Select(r => r.CpuMs.Values.Sum())).Median;

    public IReadOnlyDictionary<string, double> CpuMsByProcess { get; } =
        rounds[0].CpuMs.Keys.ToDictionary(k => k, k => Math.Round(Spread.Of(rounds.Select(r => r.CpuMs[k])).Median, 3));

    public double? CommitsPerTransition { get; } = rounds.Sum(r => r.Transitions) is > 0 and var all ? (double)rounds.Sum(r => r.Commits) / all : null;
}

internal sealed record Spread(double Min, double Median, double Max)
{
    public static Spread Of(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        var middle = sorted.Length / 2;
        var median = sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return new Spread(sorted[0], median, sorted[^1]);
    }
}

/// <summary>What <c>hn bench engine</c> says in the end.</summary>
internal sealed class EngineReport(IReadOnlyList<RowReport> rows, double messagesPerJob)
{
    public LatencyReport? Latency { get; set; }

    public string ToText()
    {
        var text = new StringBuilder();
        text.AppendLine($"{"row",-96} {"jobs/s",8} {"min",7} {"max",7} {"CPU ms/job",11}");
        foreach (var row in rows)
        {
            text.AppendLine($"{row.Name,-96} {row.JobsPerSecond.Median,8:F1} {row.JobsPerSecond.Min,7:F1} {row.JobsPerSecond.Max,7:F1} {row.CpuMsPerJob,11:F2}");
            text.AppendLine($"    {row.Durability}");
            text.AppendLine($"    CPU ms a job: {string.Join(", ", row.CpuMsByProcess.Select(c => $"{c.Key} {c.Value:F2}"))}");
        }

        foreach (var (name, value) in Ratios())
        {
            text.AppendLine($"{name,-30} {value:F3}");
        }

        text.AppendLine($"{"commits a transition",-30} {Find(RowPlans.Services)?.CommitsPerTransition:F3}");
        text.AppendLine($"{"broker messages a job",-30} {messagesPerJob:F2}");
        if (Latency is { } latency)
        {
            text.AppendLine($"{"submit to assigned, ms",-30} p50 {latency.P50:F1}, p99 {latency.P99:F1} ({latency.Jobs} jobs at {latency.JobsPerSecond} a second)");
        }

        return text.ToString();
    }

    public object ToJson() => new
    {
        Ratios = Ratios(),
        CommitsPerTransition = Round(Find(RowPlans.Services)?.CommitsPerTransition),
        MessagesPerJob = Find(RowPlans.Services) is null ? (double?)null : Math.Round(messagesPerJob, 2),
        LatencyMs = Latency is { } latency ? new { P50 = Round(latency.P50), P99 = Round(latency.P99) } : null,
        Rows = rows.Select(r => new
        {
            r.Name,
            JobsPerSecond = new { Min = Round(r.JobsPerSecond.Min), Median = Round(r.JobsPerSecond.Median), Max = Round(r.JobsPerSecond.Max) },
            CpuMsPerJob = Round(r.CpuMsPerJob),
            r.Durability,
            r.CpuMsByProcess,
        }),
    };

    /// <summary>Of medians; those whose rows are there.</summary>
    private Dictionary<string, double> Ratios()
    {
        var ratios = new Dictionary<string, double>(StringComparer.Ordinal);
        Add("servicesOverReference", RowPlans.Services, RowPlans.Reference);
        Add("embeddedOverReference", RowPlans.Embedded, RowPlans.Reference);
        Add("servicesOverTwin", RowPlans.Services, RowPlans.Twin);
        if (Find(RowPlans.Services) is { } services && Find(RowPlans.Textbook) is { } textbook)
        {
            ratios["servicesCpuOverTextbook"] = Math.Round(services.CpuMsPerJob / textbook.CpuMsPerJob, 3);
        }

        Add("servicesOverRestate", RowPlans.Services, RowPlans.Restate);
        Add("servicesOverDbos", RowPlans.Services, RowPlans.Dbos);
        return ratios;

        void Add(string name, string over, string under)
        {
            if (Find(over) is { } a && Find(under) is { } b)
            {
                ratios[name] = Math.Round(a.JobsPerSecond.Median / b.JobsPerSecond.Median, 3);
            }
        }
    }

    private RowReport? Find(string key) => rows.FirstOrDefault(r => r.Key == key);

    private static double? Round(double? value) => value is { } v ? Math.Round(v, 3) : null;
}

/// <summary>From the submission to the moment when the node has the command; ms.</summary>
internal sealed record LatencyReport(long Jobs, long JobsPerSecond, double P50, double P99);
