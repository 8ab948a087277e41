using Hypernode.Contracts.Jobs;

namespace Hypernode.Contracts.Timers;

/// <summary>settle_by and its grace are past: anyone may refund.</summary>
public sealed record JobExpired(JobId JobId, int Epoch) : ITimeout;
