using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Hypernode.NodeAgent.Network;

namespace Hypernode.NodeAgent.Adapters.Network;

/// <summary>This machine's resolver and routes, or the routes of a network namespace that the operator made for jobs.</summary>
/// <param name="namespaceName">As in <c>ip netns list</c>; empty: the agent's own.</param>
/// <param name="resolve">Tests name things of their own.</param>
internal sealed class MachineEgress(string namespaceName, Func<string, CancellationToken, Task<IPAddress[]>>? resolve = null) : IEgress
{
    public Task<IPAddress[]> ResolveAsync(string name, CancellationToken cancellationToken) =>
        resolve?.Invoke(name, cancellationToken) ?? Dns.GetHostAddressesAsync(name, cancellationToken);

    public bool IsThisMachine(IPAddress address) =>
        NetworkInterface.GetAllNetworkInterfaces().Any(i => i.GetIPProperties().UnicastAddresses.Any(a => a.Address.Equals(address)));

    public async Task<Socket> ConnectAsync(IPEndPoint target, CancellationToken cancellationToken)
    {
        var socket = Make(target.AddressFamily);
        try
        {
            socket.NoDelay = true;
            await socket.ConnectAsync(target, cancellationToken);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private Socket Make(AddressFamily family)
    {
        if (namespaceName.Length == 0)
        {
            return new Socket(family, SocketType.Stream, ProtocolType.Tcp);
        }

        using var there = NetworkNamespace.OfName(namespaceName);
        return there.MakeSocket(family);
    }
}
