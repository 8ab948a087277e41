using System.Net.Sockets;

namespace Hypernode.NodeAgent.Network;

/// <summary>Bytes in both directions between a job and one server, until both have ended, nothing moves any more, or the cap is reached.</summary>
internal sealed class Tunnel(Socket job, Socket server, ProxyLimits limits, Traffic traffic, TimeProvider time)
{
    private const int BufferBytes = 16 * 1024;

    public async Task RunAsync(ReadOnlyMemory<byte> first, CancellationToken cancellationToken)
    {
        using var idle = new CancellationTokenSource(limits.Idle, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, idle.Token);
        try
        {
            if (!traffic.Add(first.Length, up: true))
            {
                return;
            }

            await server.SendAsync(first, both.Token);
            await Task.WhenAll(PumpAsync(job, server, up: true, idle, both), PumpAsync(server, job, up: false, idle, both));
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // One of the two is gone, or has been told to go.
        }
    }

    private async Task PumpAsync(Socket from, Socket to, bool up, CancellationTokenSource idle, CancellationTokenSource both)
    {
        try
        {
            var buffer = new byte[BufferBytes];
            for (int read; (read = await from.ReceiveAsync(buffer, both.Token)) > 0;)
            {
                if (!traffic.Add(read, up))
                {
                    await both.CancelAsync();
                    return;
                }

                idle.CancelAfter(limits.Idle);
                for (var sent = 0; sent < read;)
                {
                    sent += await to.SendAsync(buffer.AsMemory(sent, read - sent), both.Token);
                }
            }

            // The other direction may have more to say.
            to.Shutdown(SocketShutdown.Send);
        }
        catch
        {
            await both.CancelAsync();
            throw;
        }
    }
}

/// <summary>What one attempt has moved.</summary>
internal sealed class Traffic(long cap)
{
    private long _up;
    private long _down;

    public long Up => Interlocked.Read(ref _up);

    public long Down => Interlocked.Read(ref _down);

    public bool IsSpent => cap > 0 && Up + Down >= cap;

    /// <returns>False: that is more than the attempt may move.</returns>
    public bool Add(int bytes, bool up)
    {
        if (up)
        {
            Interlocked.Add(ref _up, bytes);
        }
        else
        {
            Interlocked.Add(ref _down, bytes);
        }

        return cap <= 0 || Up + Down <= cap;
    }
}
