using Hypernode.Contracts.Nodes;

namespace Hypernode.Contracts.Ports;

/// <summary>Whose word took a node's right to work away; only the same word gives it back.</summary>
public enum RevokedBy
{
    Operator,

    /// <summary>The node registry: its oracles jail and slash, its owner retires.</summary>
    Chain,
}

/// <param name="By">Null: the status was set by hand in the database.</param>
public sealed record Revocation(NodeId NodeId, NodeStatus Status, RevokedBy? By, string Reason, DateTimeOffset? At);

/// <summary>Who may not work any more. The status is the directory's; who said so and why stands beside it.</summary>
public interface INodeStandings
{
    /// <summary>Every node whose status is revoked.</summary>
    Task<IReadOnlyList<Revocation>> RevokedAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Jails, slashes or retires a node, whatever it was before. An operator's jail outlasts the chain's; what the chain slashed or
    /// retired stays so.
    /// </summary>
    /// <param name="status">An operator can only jail.</param>
    /// <returns>False: nothing changed: it is so already, a weightier word stands, or there is no such node.</returns>
    Task<bool> RevokeAsync(NodeId node, NodeStatus status, RevokedBy by, string reason, DateTimeOffset at, CancellationToken cancellationToken);

    /// <summary>The node is offline then, and active with its next sign of life.</summary>
    /// <returns>False: nothing changed: it was not revoked, not by this word, or there is no such node.</returns>
    Task<bool> RestoreAsync(NodeId node, RevokedBy by, CancellationToken cancellationToken);
}
