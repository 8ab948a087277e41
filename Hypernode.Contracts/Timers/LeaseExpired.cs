using Hypernode.Contracts.Jobs;

namespace Hypernode.Contracts.Timers;

/// <summary>The attempt has had its time: to start, or to run.</summary>
public sealed record LeaseExpired(JobId JobId, int Epoch) : ITimeout;
