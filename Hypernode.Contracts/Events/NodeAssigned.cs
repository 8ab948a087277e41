using Hypernode.Contracts.Jobs;

namespace Hypernode.Contracts.Events;

/// <summary>The payment on chain names the node.</summary>
public sealed record NodeAssigned(JobId JobId, int Attempt, string Signature) : IAttemptMessage;
