using Hypernode.Cli.Client;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Nodes;
using Hypernode.NodeAgent;
using Hypernode.NodeAgent.Hardware;
using Hypernode.Solana;

namespace Hypernode.Cli.Nodes;

/// <summary>What a node that joins offers: what was asked for, else what was published before, else what the machine has.</summary>
internal static class PlannedOffer
{
    /// <summary>Of an agent.</summary>
    private const int MaxSlots = 64;

    private static readonly HyperAmount DefaultPrice = new(2_000);

    /// <param name="settings">As they were written when the node joined last.</param>
    public static NodeOffer Of(JoinPlan plan, HardwareReport hardware, NodeAnswer? published, AgentOptions settings)
    {
        var gpus = Gpus(hardware, published, settings);
        var slots = plan.Slots ?? published?.Slots ?? Math.Clamp(gpus.Count, 1, MaxSlots);
        var cores = hardware.Engine?.Cpus ?? hardware.Machine.Cores;
        return new NodeOffer(
            slots,
            plan.CpuMillis ?? published?.CpuMillis ?? Math.Max(10, cores * 1000 / slots),
            // A fifth stays with the system, the engine and the agent.
            plan.MemoryMb ?? published?.MemoryMb ?? Math.Max(16, hardware.Machine.MemoryMb * 4 / 5 / slots),
            plan.Price ?? (published is null ? DefaultPrice : new HyperAmount(published.PricePerSecond)),
            gpus,
            plan.Images.Count > 0 ? plan.Images : published?.Images ?? [],
            (plan.NetworkModes ?? PublishedModes(published)) is { Count: > 0 } modes ? modes : null);
    }

    /// <summary>The uuids of GPUs are not published, so they are what was written down with the last registration.</summary>
    public static bool IsAsPublished(NodeAnswer published, AgentOptions settings, NodeOffer offer, PublicKey key, PublicKey authority) =>
        published.NodeKey == key.Key
        && published.Authority == authority.Key
        && (published.Slots, published.CpuMillis, published.MemoryMb, published.PricePerSecond) == (offer.Slots, offer.CpuMillis, offer.MemoryMb, offer.PricePerSecond.BaseUnits)
        && published.Gpus.Select(g => (g.Model, g.VramMb)).SequenceEqual(offer.Gpus.Select(g => (g.Model, g.VramMb)))
        && settings.Gpus.SequenceEqual(offer.Gpus.Select(g => g.Uuid), StringComparer.Ordinal)
        && published.Images.SequenceEqual(offer.Images, StringComparer.Ordinal)
        && PublishedModes(published).SequenceEqual(offer.NetworkModes ?? []);

    /// <summary>What containers see; while the engine is away nothing is known, and what was sold before stays.</summary>
    private static IReadOnlyList<GpuInfo> Gpus(HardwareReport hardware, NodeAnswer? published, AgentOptions settings) =>
        hardware.Engine is null && published is not null && published.Gpus.Count == settings.Gpus.Count
            ? [.. published.Gpus.Zip(settings.Gpus, (known, uuid) => new GpuInfo(uuid, known.Model, known.VramMb))]
            : hardware.Gpus;

    /// <summary>A mode that this program does not know yet is another version's, and not offered on.</summary>
    private static List<NetworkMode> PublishedModes(NodeAnswer? published) =>
        [.. (published?.NetworkModes ?? []).Select(m => Enum.TryParse<NetworkMode>(m, ignoreCase: true, out var mode) ? mode : default).Where(m => m != NetworkMode.None)];
}
