using System.Globalization;

namespace Hypernode.Bench.Running;

/// <summary>What figures depend on, and must be printed with.</summary>
internal static class Machine
{
    public static string Describe()
    {
        var load = File.ReadAllText("/proc/loadavg").Split(' ')[0];
        var kilobytes = long.Parse(File.ReadLines("/proc/meminfo").First().Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
        var model = File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim();
        return $"{DateTime.UtcNow:yyyy-MM-dd HH:mm} UTC; {Environment.ProcessorCount} cores ({model ?? "unnamed"}), {kilobytes / 1024 / 1024} GiB, .NET {Environment.Version}; load average when it began {load}";
    }
}
