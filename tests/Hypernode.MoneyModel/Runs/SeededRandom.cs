namespace Hypernode.MoneyModel.Runs;

/// <summary>SplitMix64: the same numbers from the same seed on every machine and every version of the runtime.</summary>
internal sealed class SeededRandom(ulong seed)
{
    private ulong _state = seed;

    /// <summary>A seed of its own for each sequence of a run.</summary>
    public static ulong Derive(ulong seed, ulong index) => Mix(Mix(seed + 0x9E3779B97F4A7C15UL) ^ (index * 0xD1B54A32D192ED03UL));

    public ulong Next()
    {
        _state += 0x9E3779B97F4A7C15UL;
        return Mix(_state);
    }

    /// <summary>From 0 to below <paramref name="bound"/>.</summary>
    public int Below(int bound) => (int)(((UInt128)Next() * (ulong)bound) >> 64);

    /// <summary>Both ends included.</summary>
    public long Between(long low, long high) => low + (long)(((UInt128)Next() * ((ulong)(high - low) + 1)) >> 64);

    /// <summary>So many times in a hundred.</summary>
    public bool Percent(int chance) => Below(100) < chance;

    public T Pick<T>(params IReadOnlyList<T> items) => items[Below(items.Count)];

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }
}
