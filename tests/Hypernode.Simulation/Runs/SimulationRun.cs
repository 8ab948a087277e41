using System.Diagnostics;
using Hypernode.Contracts.Jobs;
using Hypernode.Simulation.Audit;
using Hypernode.Simulation.Faults;
using Hypernode.Simulation.Kernel;
using Hypernode.Simulation.World;

namespace Hypernode.Simulation.Runs;

/// <param name="Only">The faults to inject; null: all.</param>
/// <param name="StopAtFirst">End the run with the first universe that breaks a promise.</param>
internal sealed record SimulationPlan(ulong Seed, int Jobs, IReadOnlySet<FaultId>? Only = null, int Threads = 2, bool StopAtFirst = false);

/// <summary>One universe's result.</summary>
internal sealed record UniverseResult(
    ulong Seed,
    int Jobs,
    ulong Hash,
    long Steps,
    IReadOnlyDictionary<string, int> Outcomes,
    IReadOnlyList<long> Faults,
    long Checked,
    IReadOnlyList<Violation> Violations);

/// <summary>A run: many small universes, so that a failure is small too. What it finds does not depend on the number of threads.</summary>
internal sealed class SimulationRun(SimulationPlan plan, Action<int, int>? progress = null)
{
    public const int JobsOfAUniverse = 100;

    /// <summary>Continuations run one inside the other: the runtime sends them elsewhere when the stack gets short.</summary>
    private const int StackBytes = 64 * 1024 * 1024;

    /// <summary>Small enough to be a number in any JSON reader. The first one is the run's own seed, so that a universe can be repeated by itself.</summary>
    public static ulong SeedOf(ulong seed, int index) => index == 0 ? seed : SimRandom.Derive(seed, (ulong)index) >> 12;

    /// <summary>On a thread of its own: with a deep stack, and without the synchronization context that a test runner brings.</summary>
    public static UniverseResult RunOne(ulong seed, int jobs, IReadOnlySet<FaultId>? only = null, TextWriter? trace = null, Action<Universe>? mutate = null)
    {
        UniverseResult? result = null;
        var thread = new Thread(() => result = RunHere(seed, jobs, only, trace, mutate), StackBytes);
        thread.Start();
        thread.Join();
        return result!;
    }

    private static UniverseResult RunHere(ulong seed, int jobs, IReadOnlySet<FaultId>? only, TextWriter? trace, Action<Universe>? mutate)
    {
        var universe = new Universe(seed, jobs, only, trace, mutate);
        trace?.WriteLine(universe.Describe());
        try
        {
            universe.Run();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            universe.Audit.Violate("harness", null, e.ToString());
        }

        if (universe.Loop.LeftThread is { } where)
        {
            universe.Audit.Violate("thread", null, where);
        }

        var outcomes = universe.Database.Jobs.Values.GroupBy(j => j.State).ToDictionary(g => g.Key, g => g.Count());
        return new UniverseResult(
            seed, universe.Database.Jobs.Count, universe.Trace.Hash, universe.Loop.Steps, outcomes, [.. universe.Faults.Counts], universe.Audit.Checked,
            [.. universe.Audit.Violations]);
    }

    public SimulationReport Run()
    {
        var watch = Stopwatch.StartNew();
        var count = Math.Max(1, (plan.Jobs + JobsOfAUniverse - 1) / JobsOfAUniverse);
        var results = new UniverseResult?[count];
        var (next, done, failedAt) = (-1, 0, int.MaxValue);
        var threads = Enumerable.Range(0, Math.Clamp(plan.Threads, 1, count)).Select(_ => new Thread(
            () =>
            {
                int index;
                while ((index = Interlocked.Increment(ref next)) < count && (!plan.StopAtFirst || index < Volatile.Read(ref failedAt)))
                {
                    var jobs = Math.Min(JobsOfAUniverse, plan.Jobs - (index * JobsOfAUniverse));
                    results[index] = RunHere(SeedOf(plan.Seed, index), jobs, plan.Only, trace: null, mutate: null);
                    if (results[index]!.Violations.Count > 0)
                    {
                        InterlockedMin(ref failedAt, index);
                    }

                    progress?.Invoke(Interlocked.Increment(ref done), count);
                }
            },
            StackBytes)).ToList();
        threads.ForEach(t => t.Start());
        threads.ForEach(t => t.Join());

        // What other threads did beyond the first failure is left out: it depends on their number.
        var counted = results.Take(plan.StopAtFirst && failedAt < count ? failedAt + 1 : count).OfType<UniverseResult>().ToList();
        return SimulationReport.Of(plan, counted, watch.Elapsed);
    }

    private static void InterlockedMin(ref int target, int value)
    {
        int seen;
        while ((seen = Volatile.Read(ref target)) > value && Interlocked.CompareExchange(ref target, value, seen) != seen)
        {
        }
    }
}
