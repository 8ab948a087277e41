using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Text;
using Hypernode.NodeAgent.Leases;

namespace Hypernode.NodeAgent.Execution;

/// <summary>What is known of an attempt whose container has ended.</summary>
internal sealed record EndedAttempt(
    string ImageDigest,
    DateTimeOffset StartedAt,
    DateTimeOffset EndedAt,
    int ExitCode,
    bool TimedOut,
    bool OutOfMemory,
    Hash256 LogRoot,
    long LogCount,
    IReadOnlyList<Artifact> Artifacts,
    int PeakVramMb = 0);

/// <summary>Writes and signs receipts. Its one subclass is a simulation, and says so.</summary>
internal class ReceiptWriter(NodeId node, INodeSigner signer)
{
    public AttemptReported Write(ExecuteJob command, EndedAttempt ended, Hash256 previous)
    {
        var receipt = Finish(new Receipt(
            command.JobId,
            command.IntentId,
            node,
            command.Attempt,
            command.LeaseEpoch,
            command.SpecHash,
            ended.ImageDigest,
            Receipt.RootOf(command.Spec.Inputs ?? []),
            command.Challenge,
            ended.StartedAt.ToUnixTimeMilliseconds(),
            ended.EndedAt.ToUnixTimeMilliseconds(),
            ended.ExitCode,
            ended.TimedOut,
            ended.OutOfMemory,
            ended.LogRoot,
            ended.LogCount,
            Receipt.RootOf(ended.Artifacts),
            ended.Artifacts,
            command.GpuUuids ?? [],
            (command.GpuUuids?.Count ?? 0) * Math.Max(0, ended.EndedAt.ToUnixTimeMilliseconds() - ended.StartedAt.ToUnixTimeMilliseconds()),
            ended.PeakVramMb,
            Receipt.MarkerOf(command.Challenge, command.JobId, command.Attempt, ended.ExitCode),
            previous));
        return new AttemptReported(receipt, signer.Sign(receipt.SigningBytes()));
    }

    /// <summary>The last step before the signature.</summary>
    protected virtual Receipt Finish(Receipt receipt) => receipt;
}
