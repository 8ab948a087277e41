using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;

namespace Hypernode.Workers.Matching;

/// <summary>Why a node can't have a job now: the first reason that holds, in this order. The numbers are only the order.</summary>
public enum Misfit
{
    NotNamed,
    NotActive,
    NotSeen,
    TooLittleCpu,
    TooLittleMemory,
    TooFewGpus,
    ImageNotAllowed,
    NetworkNotOffered,
    TooDear,
    HadItsAttempt,
    Busy,
}

/// <summary>Does a node's offer fit a job?</summary>
public static class OfferFit
{
    /// <summary>An idle node beats every 15 s; three missed beats and it gets no new work.</summary>
    public static readonly TimeSpan LivenessWindow = TimeSpan.FromSeconds(45);

    /// <summary>Null: it fits (it may still have had its attempt, or be busy).</summary>
    /// <param name="amount">The most that the job may cost.</param>
    public static Misfit? Check(NodeView node, JobSpec spec, HyperAmount amount, DateTimeOffset now)
    {
        var (offer, limits) = (node.Offer, spec.Limits);
        return spec.Nodes?.Contains(node.Id) == false ? Misfit.NotNamed
            : node.Status != NodeStatus.Active ? Misfit.NotActive
            : node.LastSeenAt is not { } seen || now - seen > LivenessWindow ? Misfit.NotSeen
            : offer.CpuMillis < limits.CpuMillis ? Misfit.TooLittleCpu
            : offer.MemoryMb < limits.MemoryMb ? Misfit.TooLittleMemory
            : !HasSlotFor(offer, limits) ? Misfit.TooFewGpus
            : offer.Images.Count > 0 && !offer.Images.Contains(spec.Image, StringComparer.Ordinal) ? Misfit.ImageNotAllowed
            : spec.Network != NetworkMode.None && offer.NetworkModes?.Contains(spec.Network) != true ? Misfit.NetworkNotOffered
            : EstimatedCharge(spec, offer.PricePerSecond) > amount ? Misfit.TooDear
            : null;
    }

    /// <summary>Whether one slot's own share of the GPUs, busy or not, is enough: a job never gets GPUs of two slots.</summary>
    private static bool HasSlotFor(NodeOffer offer, JobLimits limits)
    {
        var fits = limits.Gpus <= 0;
        for (var slot = 0; slot < offer.Slots && !fits; slot++)
        {
            fits = offer.Fits(slot, limits);
        }

        return fits;
    }

    /// <summary>What the run costs at this price if it takes as long as estimated.</summary>
    public static HyperAmount EstimatedCharge(JobSpec spec, HyperAmount pricePerSecond) =>
        Metering.Charge(new HyperAmount(HyperAmount.MaxBaseUnits), pricePerSecond, TimeSpan.FromSeconds(spec.EstimatedTime), spec.RunLimit());

    /// <summary>As people read it: <c>2 too little memory</c>.</summary>
    public static string Describe(Misfit misfit) => misfit switch
    {
        Misfit.NotNamed => "not named by the job",
        Misfit.NotActive => "not active",
        Misfit.NotSeen => "not seen lately",
        Misfit.TooLittleCpu => "too little CPU",
        Misfit.TooLittleMemory => "too little memory",
        Misfit.TooFewGpus => "too few fitting GPUs",
        Misfit.ImageNotAllowed => "image not allowed",
        Misfit.NetworkNotOffered => "network not offered",
        Misfit.TooDear => "too dear",
        Misfit.HadItsAttempt => "had its attempt",
        _ => "busy",
    };
}
