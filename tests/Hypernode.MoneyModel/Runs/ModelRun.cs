using System.Diagnostics;
using Hypernode.MoneyModel.Model;

namespace Hypernode.MoneyModel.Runs;

/// <summary>A seed, and which sequences of it.</summary>
internal sealed record Plan(ulong Seed, int Sequences, int Workers, int? Only = null);

/// <summary>Sequence <c>Sequence</c> of the seed disagrees; <c>Steps</c> is what is left of it when everything idle is left out.</summary>
internal sealed record Finding(int Sequence, Disagreement Disagreement, IReadOnlyList<Step> Steps);

internal sealed record Report(ulong Seed, int Sequences, int Steps, double Seconds, SortedDictionary<string, SortedDictionary<string, int>> Outcomes, Finding? Finding)
{
    public int Accepted => Outcomes.Values.Sum(o => o.GetValueOrDefault("success"));

    public int Refused => Steps - Accepted;

    /// <summary>The different errors that were met.</summary>
    public int Errors => Outcomes.Values.SelectMany(o => o.Keys).Where(e => e != "success").Distinct(StringComparer.Ordinal).Count();
}

/// <summary>Many sequences on several virtual machines at a time; the result does not depend on how many.</summary>
internal static class ModelRun
{
    public static async Task<Report> RunAsync(string root, Plan plan, Rules rules)
    {
        var clock = Stopwatch.StartNew();
        var next = plan.Only ?? 0;
        var end = plan.Only is { } only ? only + 1 : plan.Sequences;
        var outcomes = new SortedDictionary<string, SortedDictionary<string, int>>(StringComparer.Ordinal);
        var findings = new List<Finding>();
        var steps = 0;
        var played = 0;

        async Task WorkAsync()
        {
            await using var chain = await VirtualMachine.StartAsync(root);
            var differential = new Differential(chain, rules);
            while (Interlocked.Increment(ref next) - 1 is var index && index < end)
            {
                if (Volatile.Read(ref findings) is { Count: > 0 })
                    return;
                var sequence = Generator.Sequence(SeededRandom.Derive(plan.Seed, (ulong)index), chain.Facts);
                var seen = new List<(string Step, string Outcome)>();
                var found = await differential.PlayAsync(sequence, (step, error) => seen.Add((step.GetType().Name, error ?? "success")));
                var shrunk = found is null ? [] : await differential.ShrinkAsync(sequence);
                if (found is not null)
                    found = await differential.PlayAsync(shrunk) ?? found;
                lock (outcomes)
                {
                    steps += seen.Count;
                    played++;
                    foreach (var (step, outcome) in seen)
                    {
                        if (!outcomes.TryGetValue(step, out var counts))
                            outcomes[step] = counts = new(StringComparer.Ordinal);
                        counts[outcome] = counts.GetValueOrDefault(outcome) + 1;
                    }
                    if (found is not null)
                        findings.Add(new Finding(index, found, shrunk));
                }
            }
        }

        await Task.WhenAll(Enumerable.Range(0, Math.Min(plan.Workers, end - next)).Select(_ => WorkAsync()));
        return new Report(plan.Seed, played, steps, clock.Elapsed.TotalSeconds, outcomes, findings.MinBy(f => f.Sequence));
    }
}
