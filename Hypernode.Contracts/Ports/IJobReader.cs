using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Text;

namespace Hypernode.Contracts.Ports;

/// <summary>What the API and the workers read of jobs.</summary>
public interface IJobReader
{
    Task<JobView?> FindAsync(JobId id, CancellationToken cancellationToken);

    Task<JobView?> FindByIntentAsync(IntentId id, CancellationToken cancellationToken);

    /// <summary>Newest first, strictly older than <paramref name="before"/> (a job's CreatedAt and id from the page before).</summary>
    Task<IReadOnlyList<JobView>> ListAsync(WalletAddress owner, string? status, (DateTimeOffset At, JobId Id)? before, int limit, CancellationToken cancellationToken);

    /// <summary>In order. It only grows, at its end: the place of a transition in it never changes.</summary>
    Task<IReadOnlyList<JobTransition>> HistoryAsync(JobId id, CancellationToken cancellationToken);

    Task<JobStats> StatsAsync(CancellationToken cancellationToken);
}

/// <summary>A job as its owner sees it.</summary>
public sealed record JobView(
    JobId Id,
    WalletAddress Owner,
    string State,
    int Attempt,
    NodeId? AssignedNode,
    string? Outcome,
    PaymentIntent Intent,
    PayerSignature IntentSignature,
    JobSpec Spec,
    Hash256 SpecHash,
    long SettleBy,
    Hash256 Salt,
    string? EscrowAddress,
    string? ExecutionHash,
    string? LogsHash,
    string? ProofSignature,
    Settlement? Settlement,
    IReadOnlyList<string> Signatures,
    DateTimeOffset CreatedAt,
    DateTimeOffset? CompletedAt);

public sealed record JobTransition(string State, DateTimeOffset At, string Cause, int Attempt);

public sealed record JobStats(IReadOnlyDictionary<string, long> ByState, HyperAmount Charged, HyperAmount Refunded);
