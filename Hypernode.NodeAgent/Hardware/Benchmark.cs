using System.Numerics;
using System.Security.Cryptography;
using Hypernode.Contracts.Jobs;

namespace Hypernode.NodeAgent.Hardware;

/// <summary>A figure of one core of this machine; GPUs are not measured.</summary>
/// <param name="Unit">What <paramref name="Value"/> counts.</param>
public sealed record BenchmarkFigure(JobType Type, string Measure, long Value, string Unit);

/// <summary>
/// A short measurement for each job type, of what such jobs wait for on a CPU: good for telling machines apart, not for
/// promising times.
/// </summary>
public static class Benchmark
{
    private const int Size = 192;

    /// <param name="each">How long one figure is measured.</param>
    public static IReadOnlyList<BenchmarkFigure> Run(TimeProvider time, TimeSpan each)
    {
        var random = new float[Size * Size];
        for (var i = 0; i < random.Length; i++)
        {
            random[i] = (i * 7919 % 1000) / 1000f;
        }

        var result = new float[Size * Size];
        var block = new byte[1 << 20];
        var multiplications = Rate(time, each, () => Multiply(random, random, result));
        var hashes = Rate(time, each, () => SHA256.HashData(block));
        var copies = Rate(time, each, () => block.AsSpan(0, block.Length / 2).CopyTo(block.AsSpan(block.Length / 2)));
        var flops = (long)(multiplications * 2 * Size * Size * Size / 1e6);
        return
        [
            new(JobType.Inference, "float32 matrix product", flops, "MFLOP/s"),
            new(JobType.Training, "float32 matrix product", flops, "MFLOP/s"),
            new(JobType.Rendering, "memory copy", (long)(copies / 2), "MiB/s"),
            new(JobType.Custom, "SHA-256", (long)hashes, "MiB/s"),
        ];
    }

    /// <returns>Times a second.</returns>
    private static double Rate(TimeProvider time, TimeSpan atLeast, Action work)
    {
        work(); // once unmeasured: the first run is compiled
        var started = time.GetTimestamp();
        var count = 0;
        TimeSpan elapsed;
        do
        {
            work();
            count++;
            elapsed = time.GetElapsedTime(started);
        }
        while (elapsed < atLeast);
        return count / elapsed.TotalSeconds;
    }

    private static void Multiply(float[] a, float[] b, float[] c)
    {
        Array.Clear(c);
        for (var i = 0; i < Size; i++)
        {
            var row = c.AsSpan(i * Size, Size);
            for (var k = 0; k < Size; k++)
            {
                var factor = new Vector<float>(a[(i * Size) + k]);
                var other = b.AsSpan(k * Size, Size);
                for (var j = 0; j < Size; j += Vector<float>.Count)
                {
                    (new Vector<float>(row[j..]) + (factor * new Vector<float>(other[j..]))).CopyTo(row[j..]);
                }
            }
        }
    }
}
