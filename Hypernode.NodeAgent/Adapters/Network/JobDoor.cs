using System.Net;
using System.Net.Sockets;

namespace Hypernode.NodeAgent.Adapters.Network;

/// <summary>The agent's one socket inside a job's network namespace: on its loopback, where nobody but the job is.</summary>
internal static class JobDoor
{
    private const int Backlog = 64;

    /// <returns>Null: the port is taken, by the job itself.</returns>
    /// <exception cref="IOException">The agent may not go there.</exception>
    public static Socket? Open(NetworkNamespace network, int port)
    {
        if (network.IsOwn)
        {
            throw new IOException("the container has no network namespace of its own");
        }

        var socket = network.MakeSocket(AddressFamily.InterNetwork);
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            socket.Listen(Backlog);
            return socket;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            socket.Dispose();
            return null;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
