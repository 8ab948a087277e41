namespace Hypernode.NodeAgent.Hardware;

/// <summary>What a machine's cgroup tree offers, of either version. Providers have version 2; older kernels version 1.</summary>
public static class CgroupTree
{
    private static readonly string[] Needed = ["cpu", "memory", "pids"];

    /// <param name="root">Ordinarily <c>/sys/fs/cgroup</c>.</param>
    public static CgroupFacts Read(string root)
    {
        var unified = Path.Combine(root, "cgroup.controllers");
        if (File.Exists(unified))
        {
            var offered = File.ReadAllText(unified).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            return new CgroupFacts(2, [.. Needed.Except(offered, StringComparer.Ordinal)]);
        }

        // Version 1: a hierarchy a controller, some of which share one (cpu,cpuacct).
        var there = Directory.Exists(root)
            ? Directory.EnumerateDirectories(root).SelectMany(d => Path.GetFileName(d).Split(',')).ToList()
            : [];
        return new CgroupFacts(Needed.Any(there.Contains) ? 1 : 0, [.. Needed.Except(there, StringComparer.Ordinal)]);
    }
}
