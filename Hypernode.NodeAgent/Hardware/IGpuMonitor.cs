using System.Globalization;
using Hypernode.Contracts.Nodes;

namespace Hypernode.NodeAgent.Hardware;

/// <summary>Asks the driver how much memory of each GPU is in use, by whomever.</summary>
public interface IGpuMonitor
{
    /// <returns>One reading for each GPU that the driver names, in its order.</returns>
    /// <exception cref="GpuUnreadableException">No driver, no answer in time, or an answer that can't be read.</exception>
    Task<IReadOnlyList<GpuReading>> ReadAsync(CancellationToken cancellationToken);
}

/// <param name="UsedMb">MiB.</param>
public sealed record GpuReading(string Uuid, int UsedMb)
{
    /// <summary>Lines of <c>uuid, MiB</c>; what is neither is passed over.</summary>
    public static IReadOnlyList<GpuReading> Parse(string output)
    {
        var readings = new List<GpuReading>();
        foreach (var line in output.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Split(',', StringSplitOptions.TrimEntries) is [var uuid, var used]
                && GpuInfo.IsUuid(uuid) && int.TryParse(used, NumberStyles.None, CultureInfo.InvariantCulture, out var megabytes))
            {
                readings.Add(new GpuReading(uuid, megabytes));
            }
        }

        return readings;
    }
}

/// <summary>The GPUs can't be asked now.</summary>
public sealed class GpuUnreadableException(string message, Exception? inner = null) : Exception(message, inner);
