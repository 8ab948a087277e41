using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;

namespace Hypernode.Contracts.Events;

/// <summary>The lease's node has not beaten within the patience that its work earned.</summary>
public sealed record NodeSilent(JobId JobId, int Attempt, NodeId NodeId) : IAttemptMessage;
