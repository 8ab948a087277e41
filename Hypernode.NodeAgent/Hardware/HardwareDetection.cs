using System.Globalization;
using Hypernode.Contracts.Nodes;
using Hypernode.NodeAgent.Execution;

namespace Hypernode.NodeAgent.Hardware;

/// <param name="Driver">Of the GPUs; null where there are none.</param>
/// <param name="Cuda">The newest that the driver takes; null where it is not told.</param>
/// <param name="GpuRemark">Why there are none.</param>
public sealed record HardwareReport(
    MachineFacts Machine, EngineFacts? Engine, IReadOnlyList<GpuInfo> Gpus, string? Driver, string? Cuda, string GpuRemark);

/// <summary>What this machine can sell.</summary>
public static class HardwareDetection
{
    /// <summary>Both questions in one container: the first fields of each GPU, then the table whose head names CUDA.</summary>
    internal static readonly string[] GpuQuestion =
        ["/bin/sh", "-c", "nvidia-smi --query-gpu=uuid,name,memory.total,driver_version --format=csv,noheader,nounits && nvidia-smi | grep -o 'CUDA Version: [0-9.]*'"];

    /// <param name="options">A probe runs as this agent's jobs would.</param>
    /// <param name="image">To probe with; null: none is at hand.</param>
    public static async Task<HardwareReport> RunAsync(
        IMachine machine, AgentOptions options, string? image, CancellationToken cancellationToken)
    {
        var facts = machine.Describe(options.DataFolder);
        EngineFacts? engine;
        try
        {
            engine = await machine.EngineAsync(cancellationToken);
        }
        catch (EngineUnavailableException e)
        {
            return new HardwareReport(facts, null, [], null, null, e.Message);
        }

        return await ProbeGpusAsync(machine, options, facts, engine, image, cancellationToken);
    }

    /// <summary>An image that a probe can run in: one of the node's own, else the smallest that there is.</summary>
    public static CachedImage? ProbeImage(IReadOnlyList<CachedImage> cached, IEnumerable<string> wanted) =>
        wanted.Select(w => cached.FirstOrDefault(i => Is(i, w))).FirstOrDefault(i => i is not null) ?? cached.OrderBy(i => i.Bytes).FirstOrDefault();

    internal static bool Is(CachedImage image, string reference) =>
        image.Id == reference || image.Names.Contains(reference, StringComparer.Ordinal)
        || (reference.Contains("@sha256:", StringComparison.Ordinal)
            && image.Names.Any(n => n.EndsWith(reference[reference.IndexOf('@', StringComparison.Ordinal)..], StringComparison.Ordinal)));

    private static async Task<HardwareReport> ProbeGpusAsync(
        IMachine machine, AgentOptions options, MachineFacts facts, EngineFacts engine, string? image, CancellationToken cancellationToken)
    {
        HardwareReport None(string why) => new(facts, engine, [], null, null, why);
        if (image is null)
        {
            return None("no image to probe with");
        }

        // Only a container that is made as theirs are says what jobs will see: a driver on the host alone is no GPU for them.
        ProbeResult probe;
        try
        {
            probe = await machine.ProbeAsync(new ProbePlan(image, options.ContainerRuntime, GpuQuestion, AllGpus: true), cancellationToken);
        }
        catch (EngineRefusedException e)
        {
            return None(e.Message);
        }

        if (probe.ExitCode != 0 && !probe.Output.Contains("GPU-", StringComparison.Ordinal))
        {
            return None($"nvidia-smi ended with {probe.ExitCode}: {probe.Output.Trim()}");
        }

        var (gpus, driver, cuda) = ParseGpus(probe.Output);
        return gpus.Count == 0 ? None("nvidia-smi names no GPU") : new HardwareReport(facts, engine, gpus, driver, cuda, "");
    }

    /// <summary>Lines of <c>uuid, name, MiB, driver</c>, then <c>CUDA Version: x</c>; what is neither is passed over.</summary>
    internal static (IReadOnlyList<GpuInfo> Gpus, string? Driver, string? Cuda) ParseGpus(string output)
    {
        var gpus = new List<GpuInfo>();
        string? driver = null;
        string? cuda = null;
        foreach (var line in output.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var fields = line.Split(',', StringSplitOptions.TrimEntries);
            if (fields is [var uuid, var model, var memory, var version]
                && GpuInfo.IsUuid(uuid)
                && int.TryParse(memory, NumberStyles.None, CultureInfo.InvariantCulture, out var megabytes))
            {
                gpus.Add(new GpuInfo(uuid, model, megabytes));
                driver = version;
            }
            else if (line.StartsWith("CUDA Version: ", StringComparison.Ordinal))
            {
                cuda = line["CUDA Version: ".Length..];
            }
        }

        return (gpus, driver, cuda);
    }
}
