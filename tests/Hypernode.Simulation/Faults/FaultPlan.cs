using Hypernode.Simulation.Kernel;

namespace Hypernode.Simulation.Faults;

/// <summary>
/// Which faults a universe has, and how often. Drawn from its seed: some universes know no fault, some one, some all (a bug that
/// one fault hides another one shows).
/// </summary>
internal sealed class FaultPlan
{
    private static readonly int Size = (int)FaultNames.All[^1] + 1;

    private readonly SimRandom _random;
    private readonly double[] _levels = new double[Size];
    private readonly long[] _counts = new long[Size];

    /// <param name="allowed">Null: all.</param>
    public FaultPlan(SimRandom random, IReadOnlySet<FaultId>? allowed)
    {
        _random = random;
        var share = random.NextDouble() switch
        {
            < 0.06 => 0,
            < 0.35 => 0.25,
            < 0.75 => 0.5,
            _ => 0.85,
        };
        foreach (var id in FaultNames.All)
        {
            // Both draws always happen: switching one fault off leaves the others' draws as they were.
            var on = random.Chance(share);
            var level = random.Pick([0.3, 1.0, 1.0, 3.0]);
            _levels[(int)id] = on && (allowed is null || allowed.Contains(id)) ? level : 0;
        }
    }

    /// <summary>False once the universe heals: nothing more goes wrong, and everything has to end.</summary>
    public bool Active { get; private set; } = true;

    public IReadOnlyList<long> Counts => _counts;

    public bool Has(FaultId id) => _levels[(int)id] > 0;

    public void Heal() => Active = false;

    /// <summary>Shall it happen now? It is counted by <see cref="Happened"/>, when it did.</summary>
    public bool Roll(FaultId id, double probability) =>
        Active && _levels[(int)id] > 0 && _random.Chance(Math.Min(0.5, probability * _levels[(int)id]));

    /// <summary>Counts it, where it was asked for: much of it happens now and then by itself.</summary>
    public void Happened(FaultId id)
    {
        if (Active && _levels[(int)id] > 0)
        {
            _counts[(int)id]++;
        }
    }

    /// <summary>Rolls and counts at once, for faults that can't fail to happen.</summary>
    public bool Strike(FaultId id, double probability)
    {
        if (!Roll(id, probability))
        {
            return false;
        }

        Happened(id);
        return true;
    }

    /// <summary>When a fault of the world at large comes next; null: never.</summary>
    public TimeSpan? NextAfter(FaultId id, double meanSeconds) =>
        Active && _levels[(int)id] > 0
            ? TimeSpan.FromSeconds(-Math.Log(1 - _random.NextDouble()) * meanSeconds / _levels[(int)id])
            : null;
}
