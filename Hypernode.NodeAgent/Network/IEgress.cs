using System.Net;
using System.Net.Sockets;

namespace Hypernode.NodeAgent.Network;

/// <summary>The way out for what jobs are allowed to reach.</summary>
public interface IEgress
{
    /// <exception cref="SocketException">There is no such name, or nobody to ask.</exception>
    Task<IPAddress[]> ResolveAsync(string name, CancellationToken cancellationToken);

    /// <summary>One of the machine's own addresses, a public one too.</summary>
    bool IsThisMachine(IPAddress address);

    /// <summary>A connected TCP socket, which the caller disposes.</summary>
    /// <exception cref="SocketException">Nobody answers.</exception>
    /// <exception cref="IOException">There is no way out at all.</exception>
    Task<Socket> ConnectAsync(IPEndPoint target, CancellationToken cancellationToken);
}
