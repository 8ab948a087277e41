using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;

namespace Hypernode.Contracts.Events;

/// <summary>The container runs.</summary>
public sealed record JobStarted(JobId JobId, int Attempt, NodeId NodeId) : IAttemptMessage;
