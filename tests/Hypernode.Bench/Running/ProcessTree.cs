namespace Hypernode.Bench.Running;

/// <summary>CPU time of whole process trees, from <c>/proc/PID/stat</c>.</summary>
internal static class ProcessTree
{
    private const double MillisecondsATick = 10; // USER_HZ is 100 on every Linux that .NET runs on

    /// <summary>
    /// CPU ms that each process, its descendants and those of them that have ended have used so far. The difference of two
    /// calls is what they used in between.
    /// </summary>
    public static IReadOnlyDictionary<string, double> CpuOf(IReadOnlyDictionary<string, int> roots)
    {
        var all = Read();
        var children = all.ToLookup(p => p.Value.Parent, p => p.Key);
        return roots.ToDictionary(r => r.Key, r => Sum(r.Value, all, children) * MillisecondsATick);
    }

    /// <summary>Resident memory of one process, in bytes.</summary>
    public static long ResidentBytes(int process)
    {
        var line = File.ReadLines($"/proc/{process}/status").First(l => l.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]) * 1024;
    }

    private static long Sum(int process, Dictionary<int, (int Parent, long Ticks)> all, ILookup<int, int> children) =>
        all.TryGetValue(process, out var own) ? own.Ticks + children[process].Sum(child => Sum(child, all, children)) : 0;

    private static Dictionary<int, (int Parent, long Ticks)> Read()
    {
        var all = new Dictionary<int, (int, long)>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), out var process))
            {
                continue;
            }

            try
            {
                // The name in parentheses may hold anything; after it: state, parent, …, utime, stime, cutime, cstime.
                var stat = File.ReadAllText(Path.Combine(folder, "stat"));
                var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
                all[process] = (int.Parse(fields[1]), fields[11..15].Sum(long.Parse));
            }
            catch (IOException)
            {
                // It has ended meanwhile.
            }
        }

        return all;
    }
}
