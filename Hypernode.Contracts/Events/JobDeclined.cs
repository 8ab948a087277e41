using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;

namespace Hypernode.Contracts.Events;

/// <summary>The node can't run it.</summary>
public sealed record JobDeclined(JobId JobId, int Attempt, NodeId NodeId, string Reason, string Detail) : IAttemptMessage;
