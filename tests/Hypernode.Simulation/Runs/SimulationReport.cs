using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Hypernode.Contracts.Text;
using Hypernode.Simulation.Faults;

namespace Hypernode.Simulation.Runs;

/// <summary>What a run found; <c>--json</c> prints it as it is.</summary>
internal sealed record SimulationReport(
    ulong Seed,
    int Jobs,
    IReadOnlyDictionary<string, int> Outcomes,
    IReadOnlyDictionary<string, long> Faults,
    long InvariantsChecked,
    IReadOnlyList<ReportedViolation> Violations,
    int Universes,
    string TraceHash,
    double Seconds)
{
    public static SimulationReport Of(SimulationPlan plan, IReadOnlyList<UniverseResult> results, TimeSpan time)
    {
        var hash = results.Aggregate(0xCBF29CE484222325UL, (h, r) => unchecked((h ^ r.Hash) * 0x100000001B3UL));
        return new SimulationReport(
            plan.Seed,
            results.Sum(r => r.Jobs),
            results.SelectMany(r => r.Outcomes).GroupBy(o => o.Key).OrderBy(g => g.Key, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Sum(o => o.Value)),
            FaultNames.All.ToDictionary(f => f.ToString(), f => results.Sum(r => r.Faults[(int)f])),
            results.Sum(r => r.Checked),
            [.. results.SelectMany((r, i) => r.Violations.Select(v => new ReportedViolation(
                v.Invariant, v.Job?.ToString(), v.Detail, r.Seed, Math.Round(v.Seconds, 3), RepeatLine(plan, r.Seed, i, results.Count))))],
            results.Count,
            hash.ToString("x16", CultureInfo.InvariantCulture),
            Math.Round(time.TotalSeconds, 2));
    }

    public string ToJson() => JsonSerializer.Serialize(this, ReportJson.Options);

    public string ToText()
    {
        var lines = new List<string>
        {
            $"{Jobs} jobs in {Universes} universes from seed {Seed}: {Jobs / Math.Max(Seconds, 0.001):F0} jobs/s, {Seconds:F1} s",
            $"outcomes: {string.Join(", ", Outcomes.Select(o => $"{o.Key} {o.Value}"))}",
            "faults injected:",
        };
        lines.AddRange(FaultNames.All.Select(f => $"  {f} {Faults[f.ToString()],9}  {FaultNames.Describe(f)}"));
        lines.Add($"invariants checked: {InvariantsChecked}");
        lines.Add($"trace: {TraceHash} (the same seed and number of jobs give the same one)");
        lines.Add($"violations: {Violations.Count}");
        foreach (var violation in Violations.Take(20))
        {
            lines.Add($"  {violation.Invariant} {violation.Job ?? ""} at {violation.Seconds} s: {violation.Detail}");
            lines.Add($"    repeat with: {violation.Repeat}");
        }

        return string.Join('\n', lines);
    }

    /// <summary>A universe by itself: its seed, and as many jobs as it had.</summary>
    private static string RepeatLine(SimulationPlan plan, ulong seed, int index, int count)
    {
        var jobs = index == count - 1 && plan.Jobs % SimulationRun.JobsOfAUniverse is > 0 and var rest && index == (plan.Jobs - 1) / SimulationRun.JobsOfAUniverse
            ? rest
            : Math.Min(plan.Jobs, SimulationRun.JobsOfAUniverse);
        var only = plan.Only is null ? "" : $" --only {string.Join(',', plan.Only.Order())}";
        return $"./hn sim --seed {seed} --jobs {jobs}{only}";
    }
}

/// <param name="Seed">The universe's own.</param>
/// <param name="Seconds">Its virtual time.</param>
/// <param name="Repeat">The command that shows it again.</param>
internal sealed record ReportedViolation(string Invariant, string? Job, string Detail, ulong Seed, double Seconds, string Repeat);

internal static class ReportJson
{
    public static JsonSerializerOptions Options { get; } = new(ContractJson.Options) { DefaultIgnoreCondition = JsonIgnoreCondition.Never, WriteIndented = false };
}
