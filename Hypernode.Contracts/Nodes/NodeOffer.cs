using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;

namespace Hypernode.Contracts.Nodes;

/// <summary>What a node sells, as its operator set it at registration.</summary>
/// <param name="Slots">Jobs at a time.</param>
/// <param name="CpuMillis">Thousandths of a core, for each slot.</param>
/// <param name="MemoryMb">MiB, for each slot.</param>
/// <param name="PricePerSecond">Base units a second of one slot.</param>
/// <param name="Images">Images that it will run (<c>sha256:…</c> or <c>name@sha256:…</c>); empty: any.</param>
/// <param name="NetworkModes">Modes beyond <see cref="NetworkMode.None"/>, in their order; null: no others.</param>
public sealed record NodeOffer(
    int Slots,
    int CpuMillis,
    int MemoryMb,
    HyperAmount PricePerSecond,
    IReadOnlyList<GpuInfo> Gpus,
    IReadOnlyList<string> Images,
    IReadOnlyList<NetworkMode>? NetworkModes = null);
