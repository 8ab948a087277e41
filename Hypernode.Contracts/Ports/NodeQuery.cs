using Hypernode.Contracts.Money;
using Hypernode.Contracts.Nodes;

namespace Hypernode.Contracts.Ports;

/// <summary>In which order nodes are listed; each order stands on an index.</summary>
public enum NodeSort
{
    Id,

    /// <summary>The cheapest first, of one price by id.</summary>
    Price,
}

/// <summary>One page of nodes.</summary>
/// <param name="Status">Null: any.</param>
/// <param name="After">The last node of the page before; null: the first page.</param>
public sealed record NodeQuery(NodeStatus? Status, NodeSort Sort, (HyperAmount Price, NodeId Id)? After, int Limit);
