using System.Globalization;
using Hypernode.Bench.Running;

namespace Hypernode.Bench.Measures;

/// <summary>One row over all rounds.</summary>
internal sealed class RowReport(RowPlan plan, IReadOnlyList<Measured> rounds)
{
    public string Key => plan.Key;

    public string Name => plan.Name;

    public string Durability => plan.Durability;

    public int Jobs { get; } = rounds.Min(r => r.Jobs);

    public Spread JobsPerSecond { get; } = Spread.Of(rounds.Select(r => r.JobsPerSecond));

    public double CpuMsPerJob { get; } = Spread.Of(rounds.Select(r => r.CpuMs.Values.Sum())).Median;

    public IReadOnlyDictionary<string, double> CpuMsByProcess { get; } =
        rounds[0].CpuMs.Keys.ToDictionary(k => k, k => Math.Round(Spread.Of(rounds.Select(r => r.CpuMs[k])).Median, 3));

    public double JitMsPerJob { get; } = Spread.Of(rounds.Select(r => r.JitMs)).Median;

    public double? CommitsPerTransition { get; } = rounds.Sum(r => r.Transitions) is > 0 and var all ? (double)rounds.Sum(r => r.Commits) / all : null;
}

/// <summary>What <c>hn bench engine</c> says in the end.</summary>
internal sealed class EngineReport(BenchOptions options, IReadOnlyList<RowReport> rows, Probed? probed)
{
    public Report ToReport() => new(
        $"./hn bench engine{(options.Peers is null ? "" : " --peers")}{(options.Warm ? " --warm" : "")}",
        options.Method,
        [Speeds(), Cpu(), Durabilities(), Figures()],
        Json());

    private Table Speeds() => new(
        ["row", "jobs/s, median", "min", "max", "CPU ms a job", "jobs in a round, at least"],
        [.. rows.Select(r => (string[])[r.Name, F1(r.JobsPerSecond.Median), F1(r.JobsPerSecond.Min), F1(r.JobsPerSecond.Max), F2(r.CpuMsPerJob), $"{r.Jobs}"])]);

    private Table Cpu() => new(
        ["row", "ms a job in the .NET compiler (elapsed)", "CPU ms a job, by process"],
        [.. rows.Select(r => (string[])[r.Key, r.JitMsPerJob > 0 ? F2(r.JitMsPerJob) : "", string.Join(", ", r.CpuMsByProcess.Select(c => $"{c.Key} {F2(c.Value)}"))])]);

    private Table Durabilities() => new(["row", "durability"], [.. rows.Select(r => (string[])[r.Key, r.Durability])]);

    private Table Figures()
    {
        var figures = Ratios().Select(r => (string[])[r.Key, F3(r.Value)]).ToList();
        if (Find(RowPlans.Services) is { CommitsPerTransition: { } commits })
        {
            figures.Add([$"commits a transition, {options.Outstanding} outstanding", F3(commits)]);
        }

        if (probed is not null)
        {
            figures.Add([$"commits a transition, {ServicesProbe.Saturation} outstanding", F3(probed.Saturated.CommitsPerTransition)]);
            figures.Add([$"jobs/s, {ServicesProbe.Saturation} outstanding, warm", F1(probed.Saturated.JobsPerSecond)]);
            figures.AddRange(probed.Saturated.Counts
                .Where(c => c.Key.StartsWith("hypernode.", StringComparison.Ordinal))
                .OrderBy(c => c.Key, StringComparer.Ordinal)
                .Select(c => (string[])[$"{c.Key} a job, {ServicesProbe.Saturation} outstanding", F2(c.Value / (double)probed.Saturated.Jobs)]));
            figures.Add(["broker messages a job", F2(probed.MessagesPerJob)]);
            figures.AddRange(LatencyBench.Figures(probed.Latency));
        }

        return new Table(["services stack", "figure"], figures);
    }

    private object Json() => new
    {
        options.Method,
        Ratios = Ratios(),
        CommitsPerTransition = Round(Find(RowPlans.Services)?.CommitsPerTransition),
        MessagesPerJob = Round(probed?.MessagesPerJob, 2),
        LatencyMs = probed is null ? null : LatencyBench.ToJson(probed.Latency),
        Saturated = probed is null ? null : new
        {
            Outstanding = ServicesProbe.Saturation,
            JobsPerSecond = Round(probed.Saturated.JobsPerSecond),
            CpuMsPerJob = Round(probed.Saturated.CpuMs.Values.Sum()),
            CommitsPerTransition = Round(probed.Saturated.CommitsPerTransition),
        },
        Rows = rows.Select(r => new { r.Name, JobsPerSecond = r.JobsPerSecond.ToJson(), CpuMsPerJob = Round(r.CpuMsPerJob), r.Durability, r.CpuMsByProcess, JitMsPerJob = Round(r.JitMsPerJob), r.Key }),
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

    private static double? Round(double? value, int digits = 3) => value is { } v ? Math.Round(v, digits) : null;

    private static string F1(double value) => value.ToString("F1", CultureInfo.InvariantCulture);

    private static string F2(double value) => value.ToString("F2", CultureInfo.InvariantCulture);

    private static string F3(double value) => value.ToString("F3", CultureInfo.InvariantCulture);
}
