using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Text;

namespace Hypernode.Contracts.Events;

/// <summary>A receipt, signed by the lease's node, has arrived.</summary>
public sealed record JobExecuted(JobId JobId, int Attempt, NodeId NodeId, Hash256 ReceiptHash, int ExitCode) : IAttemptMessage;
