namespace Hypernode.Simulation.Kernel;

/// <summary>SplitMix64: the same numbers from the same seed on every machine and every version of the runtime.</summary>
internal sealed class SimRandom(ulong seed)
{
    private ulong _state = seed;

    /// <summary>A seed of its own for each universe of a run.</summary>
    public static ulong Derive(ulong seed, ulong index) => Mix(Mix(seed + 0x9E3779B97F4A7C15UL) ^ (index * 0xD1B54A32D192ED03UL));

    public ulong NextUInt64()
    {
        _state += 0x9E3779B97F4A7C15UL;
        return Mix(_state);
    }

    /// <summary>From 0 to below 1.</summary>
    public double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1UL << 53));

    /// <summary>From 0 to below <paramref name="bound"/>.</summary>
    public int Below(int bound) => (int)(((UInt128)NextUInt64() * (ulong)bound) >> 64);

    /// <summary>Both ends included.</summary>
    public int Between(int low, int high) => low + Below(high - low + 1);

    public bool Chance(double probability) => probability > 0 && NextDouble() < probability;

    public T Pick<T>(IReadOnlyList<T> items) => items[Below(items.Count)];

    /// <summary>Most draws are near <paramref name="low"/>, a few far away: as latencies are.</summary>
    public TimeSpan Latency(double low, double high)
    {
        var x = NextDouble();
        return TimeSpan.FromTicks((long)((low + ((high - low) * x * x * x)) * TimeSpan.TicksPerMillisecond));
    }

    public TimeSpan Seconds(double low, double high) => TimeSpan.FromTicks((long)((low + ((high - low) * NextDouble())) * TimeSpan.TicksPerSecond));

    public Guid NextGuid()
    {
        Span<byte> bytes = stackalloc byte[16];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64LittleEndian(bytes, NextUInt64());
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64LittleEndian(bytes[8..], NextUInt64());
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes, bigEndian: true);
    }

    public byte[] NextBytes(int count)
    {
        var bytes = new byte[count];
        for (var i = 0; i < count; i += 8)
        {
            var word = NextUInt64();
            for (var j = i; j < Math.Min(count, i + 8); j++)
            {
                bytes[j] = (byte)(word >> (8 * (j - i)));
            }
        }

        return bytes;
    }

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }
}
