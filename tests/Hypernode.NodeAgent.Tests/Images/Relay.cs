using System.Net;
using System.Net.Sockets;

namespace Hypernode.NodeAgent.Tests.Images;

/// <summary>Stands before a registry: dies after so many bytes of answers.</summary>
internal sealed class Relay : IDisposable
{
    private readonly TcpListener _door = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _over = new();
    private long _left;

    public Relay(int port, long bytes)
    {
        _left = bytes;
        _door.Start();
        _ = Task.Run(async () =>
        {
            while (true)
            {
                var client = await _door.AcceptSocketAsync(_over.Token);
                _ = Task.Run(async () =>
                {
                    using var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                    using (client)
                    {
                        if (Interlocked.Read(ref _left) > 0)
                        {
                            await server.ConnectAsync(IPAddress.Loopback, port, _over.Token);
                            await Task.WhenAny(PumpAsync(client, server, asks: true), PumpAsync(server, client, asks: false));
                        }
                    }
                });
            }
        });
    }

    public int Port => ((IPEndPoint)_door.LocalEndpoint).Port;

    public bool IsDead => Interlocked.Read(ref _left) <= 0;

    public void Dispose()
    {
        _over.Cancel();
        _door.Dispose();
    }

    private async Task PumpAsync(Socket from, Socket to, bool asks)
    {
        var buffer = new byte[16_384];
        for (int read; (read = await from.ReceiveAsync(buffer, _over.Token)) > 0;)
        {
            if (!asks && Interlocked.Add(ref _left, -read) <= 0)
            {
                return;
            }

            await to.SendAsync(buffer.AsMemory(0, read), _over.Token);
        }
    }
}
