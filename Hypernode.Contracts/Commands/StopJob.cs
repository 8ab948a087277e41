using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;

namespace Hypernode.Contracts.Commands;

/// <summary>End an attempt: nobody waits for its result any more.</summary>
public sealed record StopJob(JobId JobId, NodeId NodeId, int Attempt, string Reason) : NodeCommand, IJobMessage;
