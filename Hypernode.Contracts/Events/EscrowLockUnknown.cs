using Hypernode.Contracts.Jobs;

namespace Hypernode.Contracts.Events;

/// <summary>A lock was sent; its answer is not known.</summary>
public sealed record EscrowLockUnknown(JobId JobId, PendingTransaction? Pending, string Detail) : IJobMessage;
