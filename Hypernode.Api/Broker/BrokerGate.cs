using System.Text;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Hypernode.Api.Broker;

/// <summary>Answers what RabbitMQ asks about a user that it does not know itself. Each answer is of this moment: nothing is remembered here.</summary>
internal sealed class BrokerGate(INodeDirectory nodes, IEscrow keys, TimeProvider time, IOptions<ApiOptions> options)
{
    /// <summary>The virtual host that nodes may enter: the one of the address that they are given.</summary>
    private readonly string _virtualHost = VirtualHostOf(options.Value.NodeBroker);

    /// <summary>Null: allowed. Else the reason to refuse, a stable word.</summary>
    /// <param name="question"><c>user</c>, <c>vhost</c>, <c>resource</c> or <c>topic</c>.</param>
    public async Task<string?> WhyNotAsync(string question, IFormCollection asked, CancellationToken cancellationToken)
    {
        if (!BrokerRules.TryRead(One(asked, "username"), out var id))
        {
            return "no-node";
        }

        // What can be refused by itself costs no look into the database.
        BrokerToken? token = null;
        if ((question == "user" ? WhyNotTimely(asked, out token) : WhyNot(question, id, asked)) is { } reason)
        {
            return reason;
        }

        if (await nodes.FindAsync(id, cancellationToken) is not { } node)
        {
            return "unknown-node";
        }

        return node.Status.IsRevoked() ? "revoked"
            : token is not null && !IsSigned(token, node) ? "wrong-signature"
            : null;
    }

    internal static string VirtualHostOf(string broker) =>
        broker.Length > 0 && Uri.UnescapeDataString(new Uri(broker).AbsolutePath.TrimStart('/')) is { Length: > 0 } name ? name : "/";

    private string? WhyNotTimely(IFormCollection asked, out BrokerToken? token) =>
        !BrokerToken.TryParse(One(asked, "password"), out token) ? "no-token"
        : !token.IsTimely(time.GetUtcNow()) ? "not-timely"
        : null;

    private string? WhyNot(string question, NodeId node, IFormCollection asked)
    {
        if (One(asked, "vhost") != _virtualHost)
        {
            return "other-vhost";
        }

        var (resource, name, permission) = (One(asked, "resource"), One(asked, "name"), One(asked, "permission"));
        var allowed = question switch
        {
            "vhost" => true,
            "resource" => resource is not null && name is not null && permission is not null && BrokerRules.MayUse(node, resource, name, permission),
            "topic" => name is not null && permission is not null && One(asked, "routing_key") is { } key && BrokerRules.MayRoute(node, name, permission, key),
            _ => false,
        };
        return allowed ? null : "not-permitted";
    }

    private bool IsSigned(BrokerToken token, NodeView node)
    {
        var text = BrokerToken.SigningText(keys.Deployment.Network, node.Id, token.Timestamp);
        return keys.Verify(node.NodeKey, Encoding.UTF8.GetBytes(text), token.Signature);
    }

    /// <summary>Null: not there, or more than once.</summary>
    private static string? One(IFormCollection asked, string field) => asked.TryGetValue(field, out var values) && values.Count == 1 ? values[0] : null;
}
