using System.Text;
using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Text;
using Hypernode.Solana;

namespace Hypernode.Bench.Stack;

/// <summary>A node that runs nothing: it answers a command at once with what an agent would say, and truly signs its receipt.</summary>
internal sealed class SimulatedNode(int number, int slots) : IDisposable
{
    private readonly Account _key = new();
    private readonly Account _authority = new();

    public NodeId Id { get; } = new(Guid.NewGuid());

    public NodeRegistration Registration(DateTimeOffset now) => new(
        Id,
        WalletAddress.FromBytes(_key.PublicKey.AsSpan()),
        WalletAddress.FromBytes(_authority.PublicKey.AsSpan()),
        $"bench-{number}",
        new NodeOffer(slots, CpuMillis: 4_000, MemoryMb: 8_192, new HyperAmount(1_000), [], []),
        now.ToUnixTimeMilliseconds());

    /// <summary>The container's start.</summary>
    public static AttemptStarted Started(ExecuteJob command, DateTimeOffset now) => new(command.JobId, command.Attempt, now.ToUnixTimeMilliseconds());

    /// <summary>One line of output and the receipt.</summary>
    public (LogChunks Log, AttemptReported Report) Ended(ExecuteJob command, DateTimeOffset now)
    {
        var at = now.ToUnixTimeMilliseconds();
        var line = Encoding.UTF8.GetBytes("done\n");
        var root = LogChunk.ChainHash(Hash256.Zero, 0, "stdout", at, line);
        var receipt = new Receipt(
            command.JobId,
            command.IntentId,
            Id,
            command.Attempt,
            command.LeaseEpoch,
            command.SpecHash,
            command.Spec.Image,
            Receipt.RootOf(command.Spec.Inputs ?? []),
            command.Challenge,
            StartedAt: at,
            EndedAt: at,
            ExitCode: 0,
            TimedOut: false,
            OutOfMemory: false,
            root,
            LogCount: 1,
            Receipt.RootOf((IReadOnlyList<Artifact>)[]),
            Artifacts: [],
            GpuUuids: [],
            GpuMilliseconds: 0,
            PeakVramMb: 0,
            Receipt.MarkerOf(command.Challenge, command.JobId, command.Attempt, exitCode: 0),
            PreviousReceipt: Hash256.Zero);
        return (
            new LogChunks([new LogChunk(command.JobId, command.Attempt, 0, "stdout", at, line, root)]),
            new AttemptReported(receipt, Contracts.Text.Base58.Encode(_key.Sign(receipt.SigningBytes()))));
    }

    public void Dispose()
    {
        _key.Dispose();
        _authority.Dispose();
    }
}
