using Hypernode.Contracts.Jobs;

namespace Hypernode.Contracts.Events;

/// <summary>No node fits now.</summary>
public sealed record NodeMatchFailed(JobId JobId, int Attempt, string Reason) : IAttemptMessage;
