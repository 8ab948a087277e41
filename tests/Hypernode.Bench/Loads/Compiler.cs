using System.Runtime;

namespace Hypernode.Bench.Loads;

/// <summary>What the just-in-time compiler has taken of this process so far: a cost that a fresh process pays and a warm one doesn't.</summary>
internal static class Compiler
{
    public const string Counter = "bench.jit_us";

    public static long Microseconds => (long)JitInfo.GetCompilationTime(currentThread: false).TotalMicroseconds;

    public static Dictionary<string, long> Counters => new(StringComparer.Ordinal) { [Counter] = Microseconds };
}
