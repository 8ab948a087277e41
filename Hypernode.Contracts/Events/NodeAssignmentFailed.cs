using Hypernode.Contracts.Jobs;

namespace Hypernode.Contracts.Events;

/// <summary>The chain refuses the assignment.</summary>
public sealed record NodeAssignmentFailed(JobId JobId, int Attempt, string Code, string Detail) : IAttemptMessage;
