using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Hypernode.NodeAgent.Network;

namespace Hypernode.NodeAgent.Tests.Network;

/// <summary>An Internet of names and public addresses, all of which end at one server on this machine's loopback.</summary>
internal sealed class FakeEgress : IEgress, IDisposable
{
    private readonly TcpListener _server = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _over = new();

    public FakeEgress(Func<Socket, CancellationToken, Task> serve)
    {
        _server.Start();
        _ = Task.Run(async () =>
        {
            while (true)
            {
                var socket = await _server.AcceptSocketAsync(_over.Token);
                _ = Task.Run(async () =>
                {
                    using (socket)
                    {
                        await serve(socket, _over.Token);
                    }
                });
            }
        });
    }

    public Dictionary<string, Queue<IPAddress[]>> Names { get; } = [];

    /// <summary>What was connected to.</summary>
    public ConcurrentQueue<IPEndPoint> Reached { get; } = [];

    public IPAddress? Own { get; init; }

    public Task<IPAddress[]> ResolveAsync(string name, CancellationToken cancellationToken) =>
        Names.TryGetValue(name, out var answers) ? Task.FromResult(answers.Dequeue()) : throw new SocketException((int)SocketError.HostNotFound);

    public bool IsThisMachine(IPAddress address) => address.Equals(Own);

    public async Task<Socket> ConnectAsync(IPEndPoint target, CancellationToken cancellationToken)
    {
        Reached.Enqueue(target);
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(_server.LocalEndpoint, cancellationToken);
        return socket;
    }

    public void Dispose()
    {
        _over.Cancel();
        _server.Dispose();
    }
}
