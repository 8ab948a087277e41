using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Nodes;

namespace Hypernode.Contracts.Ports;

/// <summary>What the chain says, for who holds the books against it. It needs no key and sends no transaction.</summary>
public interface IChainFacts
{
    /// <summary>In the order asked.</summary>
    /// <exception cref="IOException">The chain can't be asked now.</exception>
    Task<IReadOnlyList<PaymentFacts>> PaymentsAsync(IReadOnlyList<IntentId> intents, CancellationToken cancellationToken);

    /// <summary>Every payment that still holds tokens, whoever it is of.</summary>
    /// <exception cref="IOException">The chain can't be asked now.</exception>
    Task<IReadOnlyList<EscrowView>> OpenAsync(CancellationToken cancellationToken);

    /// <summary>Every node's stake and what it was accused of.</summary>
    /// <exception cref="IOException">The chain can't be asked now.</exception>
    Task<IReadOnlyList<StakeFacts>> StakesAsync(CancellationToken cancellationToken);
}

/// <param name="Payment">Null: the chain has no such payment (never locked, or its tombstone is closed).</param>
/// <param name="Held">What its escrow account holds, in base units; 0 where there is none.</param>
public sealed record PaymentFacts(EscrowView? Payment, ulong Held);

/// <summary>Base units.</summary>
/// <param name="Held">What the node's stake account really holds.</param>
/// <param name="PendingSlash">What all pending incidents together may cost.</param>
/// <param name="SlashedTotal">What all executed ones together have cost.</param>
public sealed record StakeFacts(
    NodeId NodeId, ulong Stake, ulong Unstaking, ulong Held, ulong PendingSlash, uint PendingIncidents, ulong SlashedTotal, IReadOnlyList<IncidentFacts> Incidents);

/// <param name="Amount">Base units.</param>
public sealed record IncidentFacts(Guid Id, ulong Amount, IncidentState State);

public enum IncidentState
{
    Pending,
    Dismissed,
    Executed,
}
