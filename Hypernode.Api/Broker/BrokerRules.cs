using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Topology;

namespace Hypernode.Api.Broker;

/// <summary>
/// What a node may do at the broker: read its own queue, and write to the one ingress exchange under its own routing keys.
/// Nothing else, and it declares nothing: what is not said here is refused.
/// </summary>
internal static class BrokerRules
{
    /// <param name="resource"><c>exchange</c> or <c>queue</c>.</param>
    /// <param name="permission"><c>configure</c>, <c>write</c> or <c>read</c>.</param>
    public static bool MayUse(NodeId node, string resource, string name, string permission) => (resource, permission) switch
    {
        ("queue", "read") => name == Queues.Node(node),
        ("exchange", "write") => name == Queues.NodesIngress,
        _ => false,
    };

    /// <summary>The second guard of a node's identity, behind the user id that the broker checks: <c>node.{id}</c> or <c>node.{id}.{kind}</c>.</summary>
    public static bool MayRoute(NodeId node, string exchange, string permission, string routingKey) =>
        permission == "write" && exchange == Queues.NodesIngress
        && (routingKey == Queues.Node(node) || routingKey.StartsWith($"{Queues.Node(node)}.", StringComparison.Ordinal));

    /// <summary>A user name that is a node's; the broker has others, which it knows itself.</summary>
    public static bool TryRead(string? user, out NodeId node)
    {
        node = default;
        return user is not null && user.StartsWith("node.", StringComparison.Ordinal) && NodeId.TryParse(user["node.".Length..], null, out node);
    }
}
