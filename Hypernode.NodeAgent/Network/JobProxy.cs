using System.Net;
using System.Net.Sockets;
using System.Text;
using Hypernode.Contracts.Jobs;

namespace Hypernode.NodeAgent.Network;

/// <summary>
/// The one way out of a job: an HTTP proxy (CONNECT, and plain HTTP) on the loopback of the job's own network namespace. The job has no
/// interface, no route and no resolver; a socket that this proxy does not make for it does not exist.
/// </summary>
internal sealed class JobProxy : IAsyncDisposable
{
    /// <summary>Where jobs find it; it is in their environment.</summary>
    public const int Port = 3128;

    private readonly Socket _door;
    private readonly EgressPolicy _policy;
    private readonly IEgress _egress;
    private readonly ProxyLimits _limits;
    private readonly TimeProvider _time;
    private readonly RefusalLog _refusals;
    private readonly Traffic _traffic;
    private readonly SemaphoreSlim _room;
    private readonly CancellationTokenSource _over = new();
    private readonly Task _accepting;
    private long _connections;

    /// <param name="door">Listens already; it is closed with the proxy.</param>
    /// <param name="say">One line of the attempt's log.</param>
    public JobProxy(Socket door, EgressPolicy policy, IEgress egress, ProxyLimits limits, TimeProvider time, Action<string> say)
    {
        (_door, _policy, _egress, _limits, _time) = (door, policy, egress, limits, time);
        _refusals = new RefusalLog(say, limits.LinesOfRefusals);
        _traffic = new Traffic(limits.Bytes);
        _room = new SemaphoreSlim(limits.Connections);
        _accepting = Task.Run(AcceptAsync);
    }

    /// <summary>For the attempt's last words.</summary>
    public string Summary => $"network: {_connections} connections, {_refusals.Count} refused, {_traffic.Up} bytes out, {_traffic.Down} bytes in";

    /// <summary>Ends every connection: when this returns, nothing of the job's is on its way any more.</summary>
    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        _door.Dispose();
        await _accepting;
        for (var i = 0; i < _limits.Connections; i++)
        {
            await _room.WaitAsync();
        }

        _over.Dispose();
        _room.Dispose();
    }

    private async Task AcceptAsync()
    {
        var (second, inSecond) = (_time.GetTimestamp(), 0);
        try
        {
            while (true)
            {
                await _room.WaitAsync(_over.Token);
                Socket job;
                try
                {
                    if (_time.GetElapsedTime(second) is var passed && passed >= TimeSpan.FromSeconds(1))
                    {
                        (second, inSecond) = (_time.GetTimestamp(), 0);
                    }
                    else if (++inSecond > _limits.ConnectionsPerSecond)
                    {
                        await Task.Delay(TimeSpan.FromSeconds(1) - passed, _time, _over.Token);
                    }

                    job = await _door.AcceptAsync(_over.Token);
                }
                catch
                {
                    _room.Release();
                    throw;
                }

                _ = Task.Run(() => ServeAsync(job));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The job is over. (A socket that breaks for another reason is the job's network gone, which is the same to it.)
        }
    }

    private async Task ServeAsync(Socket job)
    {
        try
        {
            using (job)
            {
                job.NoDelay = true;
                await AnswerAsync(job);
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException or IOException)
        {
            // The job has hung up, or is over.
        }
        finally
        {
            _room.Release();
        }
    }

    private async Task AnswerAsync(Socket job)
    {
        ProxyRequest request;
        ReadOnlyMemory<byte> early;
        try
        {
            (request, early) = await ReadHeadAsync(job);
        }
        catch (BadRequestException e)
        {
            _refusals.Add("a request", e.Message);
            await RefuseAsync(job, "400 Bad Request", e.Message);
            return;
        }

        if (_traffic.IsSpent)
        {
            await RefuseAsync(job, "403 Forbidden", _refusals, request.Authority, "the attempt has moved as many bytes as it may");
            return;
        }

        if ((request.Target is { } t ? _policy.RefusalOf(t) : "no name and no public address") is { } why)
        {
            await RefuseAsync(job, "403 Forbidden", _refusals, request.Authority, why);
            return;
        }

        using var server = await ConnectAsync(job, request.Authority, request.Target!.Value);
        if (server is null)
        {
            return;
        }

        Interlocked.Increment(ref _connections);
        if (request.Head is null)
        {
            await job.SendAsync("HTTP/1.1 200 Connection established\r\n\r\n"u8.ToArray(), _over.Token);
        }

        await new Tunnel(job, server, _limits, _traffic, _time).RunAsync(request.Head is null ? early : (byte[])[.. request.Head, .. early.Span], _over.Token);
    }

    /// <returns>Null: the job has been told why not.</returns>
    private async Task<Socket?> ConnectAsync(Socket job, string authority, NetworkTarget target)
    {
        using var late = new CancellationTokenSource(_limits.Connect, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(_over.Token, late.Token);
        try
        {
            IPAddress[] found = IPAddress.TryParse(target.Host, out var literal) ? [literal] : await _egress.ResolveAsync(target.Host, both.Token);
            var allowed = _policy.Allowed(found);
            if (allowed.Count == 0)
            {
                await RefuseAsync(job, "403 Forbidden", _refusals, authority, "its address is not a public one");
                return null;
            }

            return await ConnectToOneAsync(allowed, target.Port, both.Token);
        }
        catch (Exception e) when (e is SocketException or IOException || (e is OperationCanceledException && !_over.IsCancellationRequested))
        {
            await RefuseAsync(job, late.IsCancellationRequested ? "504 Gateway Timeout" : "502 Bad Gateway", e is SocketException s ? s.SocketErrorCode.ToString() : "no answer");
            return null;
        }
    }

    private async Task<Socket> ConnectToOneAsync(IReadOnlyList<IPAddress> addresses, int port, CancellationToken cancellationToken)
    {
        for (var i = 0; ; i++)
        {
            try
            {
                return await _egress.ConnectAsync(new IPEndPoint(addresses[i], port), cancellationToken);
            }
            catch (SocketException) when (i + 1 < addresses.Count)
            {
                // Such as an IPv6 address on a machine that has no way there.
            }
        }
    }

    private async Task<(ProxyRequest Request, ReadOnlyMemory<byte> Early)> ReadHeadAsync(Socket job)
    {
        using var late = new CancellationTokenSource(_limits.Head, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(_over.Token, late.Token);
        var buffer = new byte[_limits.HeadBytes];
        for (var length = 0; length < buffer.Length;)
        {
            int read;
            try
            {
                read = await job.ReceiveAsync(buffer.AsMemory(length), both.Token);
            }
            catch (OperationCanceledException) when (!_over.IsCancellationRequested)
            {
                throw new BadRequestException("its head did not come in time");
            }

            if (read == 0)
            {
                throw new IOException("hung up");
            }

            var from = Math.Max(0, length - 3);
            length += read;
            if (buffer.AsSpan(from, length - from).IndexOf("\r\n\r\n"u8) is >= 0 and var at)
            {
                var end = from + at + 4;
                return (ProxyRequest.Parse(buffer.AsSpan(0, end)), buffer.AsMemory(end, length - end));
            }
        }

        throw new BadRequestException("its head is too large");
    }

    private Task RefuseAsync(Socket job, string status, RefusalLog log, string target, string why)
    {
        log.Add(target, why);
        return RefuseAsync(job, status, why);
    }

    private async Task RefuseAsync(Socket job, string status, string why)
    {
        var body = $"hypernode: {why}\n";
        var answer = $"HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n{body}";
        await job.SendAsync(Encoding.Latin1.GetBytes(answer), _over.Token);
        job.Shutdown(SocketShutdown.Send);
    }
}
