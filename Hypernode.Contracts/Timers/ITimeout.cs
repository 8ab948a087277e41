using Hypernode.Contracts.Jobs;

namespace Hypernode.Contracts.Timers;

/// <summary>A timer that went off. The epoch tells a late one from the one that is armed.</summary>
public interface ITimeout : IJobMessage
{
    int Epoch { get; }
}
