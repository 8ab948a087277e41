using System.Text.Json;
using Hypernode.Simulation.Kernel;

namespace Hypernode.Simulation.Runs;

/// <summary>How many universes it takes until a bug shows, from several independent seeds.</summary>
/// <param name="Seeds">For each base seed the number of universes until the first violation; null: none within the limit.</param>
/// <param name="Invariants">What noticed it, most often first.</param>
internal sealed record Detection(IReadOnlyList<int?> Seeds, double? Median, IReadOnlyList<string> Invariants, string? Example)
{
    private const int JobsOfAUniverse = 60;

    public bool Caught => Seeds.All(s => s is not null);

    public static Detection Run(ulong seed, int bases, int limit, int threads)
    {
        var found = new (int? At, string? Invariant, string? Example)[bases];
        Parallelize(bases, threads, b =>
        {
            var from = SimRandom.Derive(seed, 1_000_000 + (ulong)b) >> 12;
            for (var i = 0; i < limit; i++)
            {
                var result = SimulationRun.RunOne(SimulationRun.SeedOf(from, i), JobsOfAUniverse);
                if (result.Violations is [var first, ..])
                {
                    found[b] = (i + 1, first.Invariant, $"{first.Invariant}: {first.Detail.Split('\n')[0]} (./hn sim --seed {result.Seed} --jobs {JobsOfAUniverse})");
                    return;
                }
            }
        });
        var seeds = found.Select(f => f.At).ToList();
        var sorted = seeds.OfType<int>().Order().ToList();
        return new Detection(
            seeds,
            sorted.Count < bases ? null : sorted[bases / 2],
            [.. found.Select(f => f.Invariant).OfType<string>().GroupBy(i => i).OrderByDescending(g => g.Count()).ThenBy(g => g.Key, StringComparer.Ordinal).Select(g => g.Key)],
            found.Select(f => f.Example).FirstOrDefault(e => e is not null));
    }

    public string ToJson() => JsonSerializer.Serialize(this, ReportJson.Options);

    private static void Parallelize(int count, int threads, Action<int> work)
    {
        var next = -1;
        var all = Enumerable.Range(0, threads).Select(_ => new Thread(() =>
        {
            int index;
            while ((index = Interlocked.Increment(ref next)) < count)
            {
                work(index);
            }
        })).ToList();
        all.ForEach(t => t.Start());
        all.ForEach(t => t.Join());
    }
}
