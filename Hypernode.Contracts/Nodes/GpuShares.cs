using Hypernode.Contracts.Jobs;

namespace Hypernode.Contracts.Nodes;

/// <summary>
/// Which GPUs belong to which slot of an offer. A slot owns its share, so the one row (node, slot) that guards a lease (I10) guards
/// its GPUs too, and no job ever has to ask for single ones.
/// </summary>
public static class GpuShares
{
    /// <summary>The slot's GPUs: equal contiguous shares in the offer's order; what does not divide goes to the first slots, one each.</summary>
    /// <param name="slot">From 0; a slot that the offer does not have owns nothing.</param>
    public static IReadOnlyList<GpuInfo> GpusOf(this NodeOffer offer, int slot)
    {
        var (first, count) = ShareOf(offer, slot);
        return count == 0 ? [] : [.. offer.Gpus.Skip(first).Take(count)];
    }

    /// <summary>The uuids that a job gets of a slot: the first ones of its share that have enough memory, as many as it asks for.</summary>
    /// <returns>Null: the share has too few. Empty: the job asks for none.</returns>
    public static IReadOnlyList<string>? GpusFor(this NodeOffer offer, int slot, JobLimits limits)
    {
        if (limits.Gpus <= 0)
        {
            return [];
        }

        var (first, count) = ShareOf(offer, slot);
        var uuids = new List<string>(limits.Gpus);
        for (var i = first; i < first + count && uuids.Count < limits.Gpus; i++)
        {
            if (offer.Gpus[i].VramMb >= limits.GpuVramMb)
            {
                uuids.Add(offer.Gpus[i].Uuid);
            }
        }

        return uuids.Count == limits.Gpus ? uuids : null;
    }

    /// <summary>Has the slot's share what the job asks for? Nothing is allocated: a matcher asks this of every slot.</summary>
    public static bool Fits(this NodeOffer offer, int slot, JobLimits limits)
    {
        var missing = limits.Gpus;
        var (first, count) = ShareOf(offer, slot);
        for (var i = first; i < first + count && missing > 0; i++)
        {
            missing -= offer.Gpus[i].VramMb >= limits.GpuVramMb ? 1 : 0;
        }

        return missing <= 0;
    }

    /// <summary>What a job that takes the slot keeps from others: GPUs first, then their memory in MiB.</summary>
    public static (int Gpus, long VramMb) WorthOf(this NodeOffer offer, int slot)
    {
        var (first, count) = ShareOf(offer, slot);
        long vram = 0;
        for (var i = first; i < first + count; i++)
        {
            vram += offer.Gpus[i].VramMb;
        }

        return (count, vram);
    }

    private static (int First, int Count) ShareOf(NodeOffer offer, int slot)
    {
        if (offer.Gpus.Count == 0 || slot < 0 || slot >= offer.Slots)
        {
            return (0, 0);
        }

        var (each, over) = Math.DivRem(offer.Gpus.Count, offer.Slots);
        return ((slot * each) + Math.Min(slot, over), each + (slot < over ? 1 : 0));
    }
}
