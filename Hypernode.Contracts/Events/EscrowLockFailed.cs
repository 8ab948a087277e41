using Hypernode.Contracts.Jobs;

namespace Hypernode.Contracts.Events;

/// <summary>The chain says: it can't be locked, and no lock is under way.</summary>
public sealed record EscrowLockFailed(JobId JobId, string Code, string Detail) : IJobMessage;
