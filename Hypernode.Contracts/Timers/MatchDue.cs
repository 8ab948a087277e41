using Hypernode.Contracts.Jobs;

namespace Hypernode.Contracts.Timers;

/// <summary>Look for a node again.</summary>
public sealed record MatchDue(JobId JobId, int Epoch) : ITimeout;
