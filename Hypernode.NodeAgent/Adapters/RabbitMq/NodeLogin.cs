using System.Text;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Topology;
using Hypernode.NodeAgent.Leases;

namespace Hypernode.NodeAgent.Adapters.RabbitMq;

/// <summary>Who connects to the broker.</summary>
public interface IBrokerLogin
{
    string User { get; }

    /// <summary>Of this moment: asked for at every connect, never kept.</summary>
    string NewPassword();
}

/// <summary>A node's own: the password is what its key signs now, so there is none to lose.</summary>
/// <param name="network">As it is signed: the API's own name of its network.</param>
public sealed class NodeLogin(NodeId node, string network, INodeSigner signer, TimeProvider time) : IBrokerLogin
{
    public string User { get; } = Queues.Node(node);

    public string NewPassword()
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        return new BrokerToken(now, signer.Sign(Encoding.UTF8.GetBytes(BrokerToken.SigningText(network, node, now)))).Password;
    }
}
