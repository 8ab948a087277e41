using Hypernode.Contracts.Money;
using Hypernode.Contracts.Nodes;

namespace Hypernode.NodeAgent.Hardware;

/// <summary>What this node sells of GPUs, and whether jobs would get them.</summary>
internal sealed class GpuChecks(AgentOptions options, IMachine machine)
{
    public async Task<CheckResult> GpuAsync(string name, CancellationToken cancellationToken)
    {
        var image = HardwareDetection.ProbeImage(await machine.ImagesAsync(cancellationToken), options.Images);
        var found = await HardwareDetection.RunAsync(machine, options, image?.Id, cancellationToken);
        var missing = options.Gpus.Where(g => found.Gpus.All(f => f.Uuid != g)).ToList();
        if (missing.Count > 0)
        {
            return new(
                name, CheckState.Failed, $"for jobs, but not what a container sees: {string.Join(", ", missing)}{(found.GpuRemark.Length > 0 ? $" ({found.GpuRemark})" : "")}",
                "check nvidia-smi -L and the engine's GPU support; hn node join sells what is there");
        }

        if (found.Gpus.Count == 0)
        {
            return None(name, found);
        }

        var driver = $"driver {found.Driver}, CUDA {found.Cuda ?? "unknown"}";
        if (options.Gpus.Count == 0)
        {
            return new(name, CheckState.Note, $"{string.Join(", ", found.Gpus.Select(GpuSlots.Describe))}; {driver}; none of them is for jobs", "hn node join sells them");
        }

        var slots = string.Join("; ", GpuSlots.Describe(options.Slots, [.. options.Gpus.Select(g => found.Gpus.First(f => f.Uuid == g))]));
        try
        {
            await machine.GpuMemoryAsync(cancellationToken);
            return new(name, CheckState.Ok, $"{slots}; {driver}");
        }
        catch (GpuUnreadableException e)
        {
            return new(name, CheckState.Note, $"{slots}; {driver}; their memory can't be watched: {e.Message}", "let Hypernode:Agent:NvidiaSmi name the driver's nvidia-smi on this machine");
        }
    }

    private static CheckResult None(string name, HardwareReport found) => found.Machine.NvidiaDriver is { } driver
        ? new(
            name, CheckState.Note, $"driver {driver} is loaded, but containers do not get the GPUs ({found.GpuRemark}): CPU only",
            "install nvidia-container-toolkit, then nvidia-ctk runtime configure --runtime=docker && systemctl restart docker")
        : new(name, CheckState.Ok, "CPU only: no NVIDIA driver is loaded");
}

/// <summary>Slots and their GPUs, in words.</summary>
public static class GpuSlots
{
    /// <summary><c>slot 0: RTX 4090 24564 MiB (GPU-…)</c>, a line a slot; none when there are no GPUs.</summary>
    public static IReadOnlyList<string> Describe(int slots, IReadOnlyList<GpuInfo> gpus)
    {
        var offer = new NodeOffer(slots, 0, 0, HyperAmount.Zero, gpus, []);
        return gpus.Count == 0
            ? []
            : [.. Enumerable.Range(0, slots).Select(s => $"slot {s}: {(offer.GpusOf(s) is { Count: > 0 } own ? string.Join(" + ", own.Select(Describe)) : "no GPU")}")];
    }

    public static string Describe(GpuInfo gpu) => $"{gpu.Model} {gpu.VramMb} MiB ({gpu.Uuid})";
}
