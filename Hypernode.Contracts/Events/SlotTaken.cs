using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;

namespace Hypernode.Contracts.Events;

/// <summary>Another job had the slot first: the lease was refused by the database (I10).</summary>
public sealed record SlotTaken(JobId JobId, int Attempt, NodeId NodeId) : IAttemptMessage;
