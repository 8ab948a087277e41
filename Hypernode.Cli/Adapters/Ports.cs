using System.Net;
using System.Net.Sockets;

namespace Hypernode.Cli.Adapters;

internal static class Ports
{
    /// <summary>Nobody listens there on loopback at this moment.</summary>
    public static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
