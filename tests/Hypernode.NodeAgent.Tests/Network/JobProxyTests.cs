using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Hypernode.Contracts.Jobs;
using Hypernode.NodeAgent.Network;
using Hypernode.NodeAgent.Tests.Fakes;

namespace Hypernode.NodeAgent.Tests.Network;

/// <summary>The proxy by itself, with this test as the job. What a real job can make of it is in Abuse/NetworkAttacks.</summary>
public sealed class JobProxyTests : IAsyncDisposable
{
    private const string Listed = "a.example";
    private static readonly IPAddress Public = IPAddress.Parse("1.2.3.4");

    private readonly ConcurrentQueue<string> _log = [];
    private readonly FakeEgress _egress = new(EchoAsync) { Own = IPAddress.Parse("5.6.7.8") };
    private IPEndPoint _door = new(IPAddress.Loopback, 0);
    private JobProxy? _proxy;

    public async ValueTask DisposeAsync()
    {
        await (_proxy?.DisposeAsync() ?? default);
        _egress.Dispose();
    }

    [Fact]
    public async Task A_listed_place_is_reached_by_connect_and_its_address_is_looked_up_once()
    {
        Start();
        Name(Listed, Public);
        using var job = await DialAsync();
        (await SayAsync(job, $"CONNECT {Listed}:443 HTTP/1.1\r\n\r\n")).ShouldBe("HTTP/1.1 200 Connection established\r\n\r\n");
        (await SayAsync(job, "hello")).ShouldBe("hello");
        _egress.Reached.ShouldBe([new IPEndPoint(Public, 443)]);
        // A second look would have thrown: the queue of answers is empty.
    }

    [Fact]
    public async Task A_name_that_first_says_a_public_and_then_an_inner_address_gains_nothing()
    {
        Start();
        Name(Listed, Public);
        Name(Listed, IPAddress.Parse("10.0.0.1"));
        (await AskAsync($"CONNECT {Listed}:443 HTTP/1.1\r\n\r\n")).ShouldStartWith("HTTP/1.1 200");
        (await AskAsync($"CONNECT {Listed}:443 HTTP/1.1\r\n\r\n")).ShouldStartWith("HTTP/1.1 403");
        _egress.Reached.ShouldBe([new IPEndPoint(Public, 443)]);
    }

    [Theory]
    [InlineData("10.0.0.1")]
    [InlineData("127.0.0.1")]
    [InlineData("169.254.169.254")]
    [InlineData("100.64.0.1")]
    [InlineData("::1")]
    [InlineData("::ffff:10.0.0.1")]
    [InlineData("::ffff:1.2.3.4")]
    [InlineData("fd00:ec2::254")]
    [InlineData("5.6.7.8")] // the machine's own
    [InlineData("9.9.9.9")] // the operator's
    public async Task A_name_of_an_inner_address_is_refused_in_every_mode(string address)
    {
        Start(NetworkMode.Full);
        Name("inner.example", IPAddress.Parse(address));
        (await AskAsync("CONNECT inner.example:443 HTTP/1.1\r\n\r\n")).ShouldStartWith("HTTP/1.1 403");
        _egress.Reached.ShouldBeEmpty();
        _log.ShouldBe(["network: inner.example:443 is refused: its address is not a public one"]);
    }

    [Theory]
    [InlineData("CONNECT b.example:443 HTTP/1.1")]
    [InlineData("CONNECT a.example:444 HTTP/1.1")]
    [InlineData("CONNECT 1.2.3.4:443 HTTP/1.1")]
    [InlineData("GET http://a.example/ HTTP/1.1")]
    [InlineData("GET http://b.example:443/ HTTP/1.1\r\nHost: a.example:443")]
    public async Task What_is_not_on_the_list_is_not_even_looked_up(string head)
    {
        Start();
        (await AskAsync(head + "\r\n\r\n")).ShouldStartWith("HTTP/1.1 403");
        _egress.Reached.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_second_request_on_one_connection_goes_where_the_first_went()
    {
        Start();
        Name(Listed, Public);
        using var job = await DialAsync();
        var answer = await SayAsync(job, $"GET http://{Listed}:443/ HTTP/1.1\r\n\r\nGET http://10.0.0.1/ HTTP/1.1\r\n\r\n");
        answer.ShouldBe($"GET / HTTP/1.1\r\nHost: {Listed}:443\r\nConnection: close\r\n\r\nGET http://10.0.0.1/ HTTP/1.1\r\n\r\n");
        _egress.Reached.ShouldBe([new IPEndPoint(Public, 443)]);
    }

    [Fact]
    public async Task A_redirect_is_the_jobs_to_follow_and_the_proxys_to_refuse()
    {
        Start();
        Name(Listed, Public);
        using var job = await DialAsync();
        await SayAsync(job, $"CONNECT {Listed}:443 HTTP/1.1\r\n\r\n");
        var redirect = await SayAsync(job, "HTTP/1.1 302 Found\r\nLocation: http://10.0.0.1/\r\n\r\n");
        (await AskAsync($"GET {redirect.Split("Location: ")[1].Trim()} HTTP/1.1\r\n\r\n")).ShouldStartWith("HTTP/1.1 403");
        _egress.Reached.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_head_without_end_and_one_that_drips_are_cut_off_and_others_are_served()
    {
        Start(limits: new ProxyLimits { HeadBytes = 1_024, Head = TimeSpan.FromMilliseconds(200), Connections = 4 });
        var slow = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => DialAsync()));
        await slow[0].SendAsync("GET http"u8.ToArray());
        // All four places are taken; the fifth waits until they are thrown out.
        Name(Listed, Public);
        (await AskAsync($"CONNECT {Listed}:443 HTTP/1.1\r\n\r\n")).ShouldStartWith("HTTP/1.1 200");
        (await ReadAsync(slow[0])).ShouldStartWith("HTTP/1.1 400");
        (await AskAsync(new string('x', 1_024))).ShouldStartWith("HTTP/1.1 400");
        foreach (var socket in slow)
        {
            socket.Dispose();
        }
    }

    [Fact]
    public async Task Thousands_of_connections_wait_their_turn()
    {
        Start(limits: new ProxyLimits { Connections = 8, ConnectionsPerSecond = 100_000 });
        for (var i = 0; i < 10_000; i++)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
            try
            {
                // Begun, and left at once: the kernel queues a few, and drops the rest.
                await socket.ConnectAsync(_door).WaitAsync(TimeSpan.FromMilliseconds(1));
            }
            catch (Exception e) when (e is TimeoutException or SocketException)
            {
                // As it should be.
            }
        }

        Name(Listed, Public);
        (await AskAsync($"CONNECT {Listed}:443 HTTP/1.1\r\n\r\n")).ShouldStartWith("HTTP/1.1 200");
    }

    [Fact]
    public async Task A_connection_on_which_nothing_moves_is_ended()
    {
        Start(limits: new ProxyLimits { Idle = TimeSpan.FromMilliseconds(100) });
        Name(Listed, Public);
        using var job = await DialAsync();
        await SayAsync(job, $"CONNECT {Listed}:443 HTTP/1.1\r\n\r\n");
        (await ReadAsync(job)).ShouldBe("");
    }

    [Fact]
    public async Task An_attempt_moves_as_many_bytes_as_it_may()
    {
        Start(limits: new ProxyLimits { Bytes = 1_000 });
        Name(Listed, Public);
        Name(Listed, Public);
        using var job = await DialAsync();
        await SayAsync(job, $"CONNECT {Listed}:443 HTTP/1.1\r\n\r\n");
        (await SayAsync(job, new string('x', 400))).Length.ShouldBe(400);
        (await SayAsync(job, new string('x', 400))).ShouldBe("");
        (await AskAsync($"CONNECT {Listed}:443 HTTP/1.1\r\n\r\n")).ShouldStartWith("HTTP/1.1 403");
        _log.ShouldHaveSingleItem().ShouldContain("as many bytes as it may");
    }

    [Fact]
    public async Task Refusals_are_told_once_each_and_not_without_end_and_forge_no_lines()
    {
        Start(limits: new ProxyLimits { LinesOfRefusals = 3 });
        foreach (var target in (string[])["x.example:1", "x.example:1", "\u001b[2Jagent:1", new string('y', 5_000) + ":1", "z.example:1", "w.example:1"])
        {
            (await AskAsync($"GET http://{target}/ HTTP/1.1\r\n\r\n")).ShouldStartWith("HTTP/1.1 40");
        }

        _log.Count.ShouldBe(4);
        _log.ShouldAllBe(l => l.Length < 250 && l.All(c => c >= ' ' && c < '\x7f'));
        _log.Last().ShouldBe("network: further refusals are only counted");
        _proxy!.Summary.ShouldStartWith("network: 0 connections, 6 refused, ");
    }

    [Fact]
    public async Task When_the_job_is_over_so_is_everything_that_it_had_open()
    {
        Start();
        Name(Listed, Public);
        using var job = await DialAsync();
        await SayAsync(job, $"CONNECT {Listed}:443 HTTP/1.1\r\n\r\n");
        using var waiting = await DialAsync();
        await _proxy!.DisposeAsync();
        (await ReadAsync(job)).ShouldBe("");
        (await ReadAsync(waiting)).ShouldBe("");
        (await Should.ThrowAsync<SocketException>(DialAsync)).SocketErrorCode.ShouldBe(SocketError.ConnectionRefused);
        _proxy = null;
    }

    private void Start(NetworkMode mode = NetworkMode.Allowlist, ProxyLimits? limits = null)
    {
        var spec = new JobSpec(
            JobType.Custom, "", new JobLimits(1, 1), 1, Network: mode, NetworkAllow: mode == NetworkMode.Allowlist ? [$"{Listed}:443"] : null);
        var door = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        door.Bind(_door);
        door.Listen(64);
        _door = (IPEndPoint)door.LocalEndPoint!;
        var policy = EgressPolicy.Of(spec, [IPNetwork.Parse("9.9.9.0/24")], _egress.IsThisMachine);
        _proxy = new JobProxy(door, policy, _egress, limits ?? new ProxyLimits(), TimeProvider.System, _log.Enqueue);
    }

    private void Name(string name, IPAddress address)
    {
        _egress.Names.TryAdd(name, []);
        _egress.Names[name].Enqueue([address]);
    }

    private async Task<Socket> DialAsync()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(_door);
        return socket;
    }

    private async Task<string> AskAsync(string text)
    {
        using var socket = await DialAsync();
        return await SayAsync(socket, text);
    }

    private static async Task<string> SayAsync(Socket socket, string text)
    {
        await socket.SendAsync(Encoding.Latin1.GetBytes(text));
        return await ReadAsync(socket);
    }

    /// <summary>What comes next; empty when the other side has ended.</summary>
    private static async Task<string> ReadAsync(Socket socket)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var buffer = new byte[64 * 1024];
        try
        {
            return Encoding.Latin1.GetString(buffer, 0, await socket.ReceiveAsync(buffer, patience.Token));
        }
        catch (SocketException)
        {
            return "";
        }
    }

    private static async Task EchoAsync(Socket socket, CancellationToken cancellationToken)
    {
        var buffer = new byte[64 * 1024];
        for (int read; (read = await socket.ReceiveAsync(buffer, cancellationToken)) > 0;)
        {
            await socket.SendAsync(buffer.AsMemory(0, read), cancellationToken);
        }
    }
}
