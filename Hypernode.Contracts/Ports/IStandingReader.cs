using Hypernode.Contracts.Events;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Timers;

namespace Hypernode.Contracts.Ports;

/// <summary>How things stand, for those who ask why: what a job waits for and has had, and what waits for nodes. It only reads.</summary>
public interface IStandingReader
{
    /// <summary>Null: no such job.</summary>
    Task<JobStanding?> OfJobAsync(JobId job, CancellationToken cancellationToken);

    /// <summary>At most <paramref name="limit"/> jobs that look for a node now, the oldest first.</summary>
    Task<IReadOnlyList<WaitingJob>> WaitingAsync(int limit, CancellationToken cancellationToken);

    /// <summary>The leases that a node holds now, by slot.</summary>
    Task<IReadOnlyList<LeaseView>> LeasesOfAsync(NodeId node, CancellationToken cancellationToken);
}

/// <param name="Timers">The soonest first.</param>
/// <param name="Leases">One an attempt that had a node, in order.</param>
/// <param name="Result">The oracle's last verdict that led to a settlement; null while there is none.</param>
/// <param name="Pending">A transaction that was sent and whose answer is not known yet.</param>
/// <param name="Cancelling">The payer has asked for the job's end.</param>
public sealed record JobStanding(
    IReadOnlyList<ArmedTimer> Timers,
    IReadOnlyList<LeaseView> Leases,
    ResultVerified? Result,
    PendingTransaction? Pending,
    bool Cancelling,
    RefundReason? RefundReason);

public sealed record ArmedTimer(TimerKind Kind, DateTimeOffset DueAt);

/// <param name="Tried">Nodes that have had an attempt at it.</param>
public sealed record WaitingJob(JobId Id, JobSpec Spec, HyperAmount Amount, long SettleBy, IReadOnlyList<NodeId> Tried);
