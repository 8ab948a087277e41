using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Timers;

namespace Hypernode.Contracts.Ports;

/// <summary>The saga's storage: everything that a transition changes, in one transaction; many jobs' transitions in one round trip.</summary>
public interface ISagaJournal
{
    /// <summary>The rows of these jobs, in any order, in one round trip; an unknown job has none.</summary>
    Task<IReadOnlyList<StoredSaga>> LoadAsync(IReadOnlyCollection<JobId> ids, CancellationToken cancellationToken);

    /// <summary>
    /// One transaction for the batch. Each item is decided for itself: inbox id (a known one →
    /// <see cref="CommitResult.Duplicate"/>), the job's row guarded by its version, history, outbox rows, timers, the lease.
    /// An item whose answer is not <see cref="CommitResult.Committed"/> writes nothing, except that a duplicate's outbox rows
    /// (<see cref="SagaCommit.Consumed"/> and its own message's) go: it was handled before, and a relay would send them for ever.
    /// </summary>
    /// <param name="batch">At most one item a job, and one a message.</param>
    /// <param name="delivered">Outbox rows that have arrived: they go in the same transaction.</param>
    /// <returns>The answers, in the batch's order.</returns>
    /// <exception cref="ArgumentException">A lease without its job, a history that does not end in the job's state, a job or a message twice.</exception>
    /// <exception cref="System.Data.Common.DbException">Nothing is known: all of it was written, or nothing. Asking again is safe: the inbox tells.</exception>
    Task<IReadOnlyList<CommitResult>> CommitAsync(
        IReadOnlyList<SagaCommit> batch, IReadOnlyCollection<Guid> delivered, CancellationToken cancellationToken);
}

/// <param name="Version">Rises by one a transition; the intake writes 0.</param>
/// <param name="Body">The saga's own JSON.</param>
public sealed record StoredSaga(JobId Id, string State, int Version, string Body);

public enum CommitResult
{
    Committed,

    /// <summary>The message has been handled before.</summary>
    Duplicate,

    /// <summary>Somebody else moved the job: load again and decide again.</summary>
    VersionConflict,

    /// <summary>The lease's slot is not free (I10).</summary>
    SlotTaken,
}

/// <param name="MessageId">The inbox key.</param>
/// <param name="Consumed">Outbox rows that are done with: the command that this message answers, the one that a new command replaces. The message's own row goes too, named or not.</param>
/// <param name="Job">Null: the message changed nothing (ignored); inbox and outbox are still written.</param>
public sealed record SagaCommit(
    Guid MessageId,
    IReadOnlyList<Guid> Consumed,
    DateTimeOffset At,
    JobRow? Job,
    IReadOnlyList<OutboxMessage> Outbox,
    IReadOnlyList<TimerChange> Timers,
    LeaseChange? Lease);

/// <summary>A job's row after the transition: the white paper's columns (§7.2), the state, and the saga's JSON.</summary>
/// <param name="ExpectedVersion">The guard; the row is written with the next one.</param>
/// <param name="Entered">The states that the transition entered, in order, each a row of the history; the last is State. Empty: the state stayed.</param>
/// <param name="Payer">Whose job it is; not written again, but told to those who watch it.</param>
/// <param name="Payee">The wallet of the node that has it; likewise.</param>
public sealed record JobRow(
    JobId Id,
    string State,
    int ExpectedVersion,
    string Body,
    IReadOnlyList<StateEntered> Entered,
    int Attempt,
    NodeId? AssignedNode,
    string? Outcome,
    string? EscrowAddress,
    string? ExecutionHash,
    string? LogsHash,
    string? ProofSignature,
    Settlement? Settlement,
    IReadOnlyList<string> Signatures,
    WalletAddress? Payer = null,
    WalletAddress? Payee = null);

/// <param name="Cause">Why, for the history: the event's name, and its code where it has one.</param>
/// <param name="Attempt">The attempt that it is about; 0 before the first. One commit may end an attempt and begin the next.</param>
public sealed record StateEntered(string State, string Cause, int Attempt);

/// <summary>Where a payment ended. The five add up: charge = node + protocol + platform, amount = charge + refund.</summary>
public sealed record Settlement(
    HyperAmount Charge,
    HyperAmount NodeShare,
    HyperAmount ProtocolFee,
    HyperAmount PlatformFee,
    HyperAmount Refund);

/// <summary>A message that exists because its transition committed (I8).</summary>
/// <param name="Destination">A queue of <c>Topology.Queues</c>.</param>
/// <param name="Type">The contract's full name.</param>
/// <param name="Body">Its JSON.</param>
/// <param name="Owner">The host that is at it: no other host's relay sends it before <paramref name="TakenUntil"/>. Null: nobody yet.</param>
public sealed record OutboxMessage(
    Guid MessageId, string Destination, string Type, string Body, JobId? JobId, string? Owner = null, DateTimeOffset? TakenUntil = null);

/// <param name="DueAt">Null: cancel.</param>
/// <param name="Type">The timeout event's full name.</param>
/// <param name="Body">Its JSON, made when the timer is set: a late one carries its old epoch.</param>
public sealed record TimerChange(JobId JobId, TimerKind Kind, DateTimeOffset? DueAt, int Epoch, string Type, string Body);

/// <summary>Take or give back a node's slot, in the saga's own transaction.</summary>
/// <param name="Take">False: release whatever the job holds.</param>
public sealed record LeaseChange(JobId JobId, bool Take, int Attempt, NodeId NodeId, int Slot, string Challenge, HyperAmount RatePerSecond);
