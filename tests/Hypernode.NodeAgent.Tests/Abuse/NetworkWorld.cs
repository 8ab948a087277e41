using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Hypernode.NodeAgent.Adapters.Network;
using Hypernode.NodeAgent.Tests.Fakes;

namespace Hypernode.NodeAgent.Tests.Abuse;

/// <summary>
/// A network namespace of this machine's own, in which public and inner addresses are all at home and answered by one server: jobs'
/// connections leave through it, so that no packet of these tests ever leaves the machine, and whatever was reached was noticed.
/// </summary>
public sealed class NetworkWorld : IAsyncLifetime
{
    public const string Public = "11.22.33.44", OtherPublic = "11.22.33.45", OperatorsOwn = "11.22.34.1";
    public const int Port = 8080, OtherPort = 8081;

    private static readonly string[] Addresses = [Public, OtherPublic, OperatorsOwn, "10.9.9.9", "192.168.77.1", "169.254.169.254", "100.64.0.1", "172.16.0.1"];

    private static readonly Dictionary<string, string> Names = new(StringComparer.Ordinal)
    {
        ["allowed.example"] = Public, ["other.example"] = OtherPublic, ["inner.example"] = "10.9.9.9", ["meta.example"] = "169.254.169.254",
        ["loop.example"] = "127.0.0.1", ["mapped.example"] = "::ffff:10.9.9.9", ["own.example"] = OperatorsOwn,
    };

    private readonly CancellationTokenSource _over = new();
    private readonly List<Socket> _servers = [];

    public string Namespace { get; } = "hn-test-" + TestKit.NewId().ToString("N")[..8];

    /// <summary><c>address:port path</c> of every request that came through.</summary>
    public ConcurrentQueue<string> Reached { get; } = [];

    /// <summary>Until it is set, <c>/later</c> says no.</summary>
    public bool Late { get; set; }

    public async Task InitializeAsync()
    {
        await IpAsync("netns", "add", Namespace);
        await IpAsync("-n", Namespace, "link", "set", "lo", "up");
        foreach (var address in Addresses)
        {
            await IpAsync("-n", Namespace, "addr", "add", $"{address}/32", "dev", "lo");
        }

        using var there = NetworkNamespace.OfName(Namespace);
        foreach (var port in (int[])[Port, OtherPort, 80, 25])
        {
            var server = there.MakeSocket(AddressFamily.InterNetwork);
            server.Bind(new IPEndPoint(IPAddress.Any, port));
            server.Listen(64);
            _servers.Add(server);
            _ = Task.Run(() => ServeAsync(server));
        }
    }

    public async Task DisposeAsync()
    {
        await _over.CancelAsync();
        _servers.ForEach(s => s.Dispose());
        await IpAsync("netns", "delete", Namespace);
    }

    internal MachineEgress Egress() => new(Namespace, (name, _) => Names.TryGetValue(name, out var address)
        ? Task.FromResult<IPAddress[]>([IPAddress.Parse(address)])
        : throw new SocketException((int)SocketError.HostNotFound));

    private async Task ServeAsync(Socket server)
    {
        while (true)
        {
            var job = await server.AcceptAsync(_over.Token);
            _ = Task.Run(async () =>
            {
                using (job)
                {
                    var buffer = new byte[8_192];
                    var request = Encoding.Latin1.GetString(buffer, 0, await job.ReceiveAsync(buffer, _over.Token));
                    var path = request.Split(' ').ElementAtOrDefault(1) ?? "";
                    Reached.Enqueue($"{job.LocalEndPoint} {path}");
                    var (status, more, body) = path switch
                    {
                        "/redirect" => ("302 Found", "Location: http://10.9.9.9:8080/secret\r\n", ""),
                        "/later" when !Late => ("503 Service Unavailable", "", ""),
                        _ => ("200 OK", "", $"reached {job.LocalEndPoint}\n"),
                    };
                    await job.SendAsync(Encoding.Latin1.GetBytes($"HTTP/1.1 {status}\r\n{more}Content-Length: {body.Length}\r\nConnection: close\r\n\r\n{body}"), _over.Token);
                    job.Shutdown(SocketShutdown.Send);
                    await job.ReceiveAsync(buffer, _over.Token);
                }
            });
        }
    }

    private static async Task IpAsync(params string[] words)
    {
        using var process = Process.Start(new ProcessStartInfo("ip", words) { RedirectStandardError = true, UseShellExecute = false })
            ?? throw new InvalidOperationException("ip (Debian: iproute2) is needed");
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        process.ExitCode.ShouldBe(0, $"ip {string.Join(' ', words)}: {error}");
    }
}
