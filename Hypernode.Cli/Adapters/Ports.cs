using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

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

    /// <summary>Below the ephemeral range, so that no outgoing connection takes it before its listener does.</summary>
    public static int Free()
    {
        int port;
        do
        {
            port = RandomNumberGenerator.GetInt32(20_000, 30_000);
        }
        while (!IsFree(port));
        return port;
    }
}
