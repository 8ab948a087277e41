using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.NodeAgent.Adapters.Docker;
using Hypernode.NodeAgent.Adapters.Outputs;
using Hypernode.NodeAgent.Leases;
using Hypernode.NodeAgent.Tests.Fakes;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hypernode.NodeAgent.Tests.Abuse;

/// <summary>Jobs that were sold a network and want more of it. Whatever is reached, the world beyond the proxy notices.</summary>
[Trait("Needs", "docker")]
public sealed class NetworkAttacks : IClassFixture<JobImage>, IClassFixture<NetworkWorld>, IDisposable
{
    private const string Listed = "allowed.example:8080";

    private const string Try = """
        try() { if sh -c "$1" >/tmp/o 2>&1; then echo "GOT-THROUGH: $1"; cat /tmp/o; else echo "refused: $1"; fi; }
        get() { wget -q -O- "$1"; }
        get http://allowed.example:8080/before | sed 's/^/first: /'
        printf 'CONNECT allowed.example:8080 HTTP/1.1\r\n\r\nGET /connect HTTP/1.1\r\n\r\n' | nc -w 2 127.0.0.1 3128 | sed -n 's/.*reached/connect: reached/p'

        """;

    private readonly JobImage _image;
    private readonly NetworkWorld _world;
    private readonly AbuseBench _bench;

    public NetworkAttacks(JobImage image, NetworkWorld world)
    {
        (_image, _world) = (image, world);
        _bench = new AbuseBench { Egress = world.Egress() };
    }

    public static TheoryData<Attack> Table { get; } =
    [
        Tries("places that are not on the list", "the list is of hosts and ports", "allowed.example:8081 is refused: not on the job's list", Get("other.example:8080"), Get("allowed.example:8081"), Get("allowed.example:80"), Get("11.22.33.44:8080"), Get("x.allowed.example:8080"), Get("allowed.example.other.example:8080"), Get("ALLOWED.example:8081")),
        Tries("around the proxy", "the job has no interface, no route and no resolver", "", "nc -w 1 11.22.33.44 8080 </dev/null", "nc -w 1 10.9.9.9 8080 </dev/null", "wget -q -Y off -O- http://11.22.33.44:8080/", "nslookup allowed.example 11.22.33.44", "nslookup allowed.example", "ip route add default dev lo", "ls /sys/class/net/e*", "ping -c 1 -W 1 11.22.33.44"),
        Tries("the provider's networks by address, with any network sold", "only public addresses, in one way of writing them", "10.9.9.9:8080 is refused: no name and no public address", FullOf("10.9.9.9", "192.168.77.1", "169.254.169.254", "100.64.0.1", "172.16.0.1", "127.0.0.1", "localhost", "0", "168364297", "0x0a090909", "0xa.9.9.9", "012.9.9.9", "10.591113", "[::1]", "[::ffff:10.9.9.9]", "[::ffff:a09:909]", "[::10.9.9.9]", "[64:ff9b::a09:909]", "[fe80::1%25lo]", "10.9.9.9.")),
        Tries("the provider's networks by name, with any network sold", "addresses are checked after the look-up, and those are connected to", "inner.example:8080 is refused: its address is not a public one", FullOf("inner.example", "meta.example", "loop.example", "mapped.example", "own.example", "nowhere.example")),
        Tries("CONNECT to inner addresses", "the same rules", "169.254.169.254:80 is refused", Connect("169.254.169.254:80"), Connect("10.9.9.9:8080"), Connect("[::ffff:10.9.9.9]:8080"), Connect("inner.example:8080"), Connect("allowed.example@10.9.9.9:8080"), Connect("10.9.9.9:8080#allowed.example:8080"), Connect("allowed.example:8080:8080")),
        Tries("mail", "port 25 is nobody's", "allowed.example:25 is refused: mail is not sent from here", FullOf("allowed.example:25", "11.22.33.44:25")),
        Tries("smuggling a second target", "a connection has one target; what two readers could read in two ways is refused", "a request is refused: more than one length", Raw("GET http://10.9.9.9:8080/ HTTP/1.1\\r\\nHost: allowed.example:8080\\r\\n\\r\\n"), Raw("GET / HTTP/1.1\\r\\nHost: 10.9.9.9:8080\\r\\n\\r\\n"), Raw("POST http://allowed.example:8080/ HTTP/1.1\\r\\nContent-Length: 4\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n0\\r\\n\\r\\n"), Raw("GET http://allowed.example:8080/ HTTP/1.1\\r\\nA: b\\rHost: 10.9.9.9\\r\\n\\r\\n"), Raw("GET http://allowed.example:8080/x\\nHost: 10.9.9.9 HTTP/1.1\\r\\n\\r\\n"), "printf 'GET http://allowed.example:8080/one HTTP/1.1\\r\\n\\r\\nGET http://10.9.9.9:8080/two HTTP/1.1\\r\\n\\r\\n' | nc -w 2 127.0.0.1 3128 | grep 'reached 10'"),
        Tries("a redirect inwards", "following it is a request of its own", "10.9.9.9:8080 is refused", Get("allowed.example:8080/redirect")),
        Tries("heads without end", "16 KiB", "its head is too large", "{ printf 'GET http://allowed.example:8080/ HTTP/1.1\\r\\nX: '; head -c 200000 /dev/zero | tr '\\0' x; } | nc -w 2 127.0.0.1 3128 | grep reached", "head -c 1000000 /dev/zero | nc -w 2 127.0.0.1 3128 | grep reached"),
        Tries("hundreds of connections", "64 at a time, and 200 new ones a second", "", "i=0; while [ $i -lt 600 ]; do nc -w 1 127.0.0.1 3128 </dev/null >/dev/null 2>&1; i=$((i+1)); done; ! wget -q -O- http://allowed.example:8080/"),
        Tries("the machine through the proxy's own port", "no address of this machine is a target", "127.0.0.1:3128 is refused", FullOf("127.0.0.1:3128", "localhost:3128", "0.0.0.0:3128")),
    ];

    public void Dispose() => _bench.Dispose();

    [Theory]
    [MemberData(nameof(Table))]
    public async Task It_reaches_what_was_sold_and_nothing_else(Attack attack)
    {
        var full = attack.Script.Contains("# full", StringComparison.Ordinal);
        var after = await _bench.RunAsync(attack, _image.Id, Options(), change: full ? Full : Allowlist);

        after.Output.ShouldContain($"first: reached {NetworkWorld.Public}:8080", customMessage: after.AgentLog);
        after.Output.ShouldContain($"connect: reached {NetworkWorld.Public}:8080", customMessage: after.AgentLog);
        after.Output.Split('\n').Count(l => l.StartsWith("refused: ", StringComparison.Ordinal)).ShouldBe(attack.Script.Split("\ntry ").Length - 1);
        _world.Reached.Where(r => !r.StartsWith($"{NetworkWorld.Public}:8080 ", StringComparison.Ordinal)).ShouldBeEmpty();
        after.AgentLog.ShouldContain(full ? ", network full\n" : $", network allowlist ({Listed})\n");
        after.AgentLog.ShouldContain("network: ");
    }

    [Fact]
    public async Task A_job_without_a_network_finds_no_proxy_while_another_job_has_one()
    {
        using var other = new AbuseBench { Egress = _world.Egress() };
        var mark = $"/mine-{TestKit.NewId():N}";
        var waiting = other.RunAsync(
            new Attack("", "", Ending.Succeeded, $"wget -q -O- http://{Listed}{mark}; sleep 3"), _image.Id, Options(other), change: Allowlist);
        await Wait.UntilAsync(() => _world.Reached.Any(r => r.EndsWith(mark, StringComparison.Ordinal)));

        var after = await _bench.RunAsync(
            new Attack("", "", Ending.Succeeded, "env | grep -i proxy && echo GOT-THROUGH; nc -w 1 127.0.0.1 3128 </dev/null && echo GOT-THROUGH; echo tried", Says: "tried"),
            _image.Id, Options());
        after.AgentLog.ShouldContain(", network none\n");
        await waiting;
    }

    [Fact]
    public async Task A_command_without_a_shell_has_the_network_too()
    {
        var spec = Allowlist(new Attack("", "", Ending.Succeeded, "").Spec(_image.Id)) with
        {
            Script = null,
            // Not held back until its proxy is there: it asks again, as it would at any proxy that is a moment away.
            Cmd = ["/bin/sh", "-c", $"until wget -q -O- http://{Listed}/cmd 2>/dev/null; do :; done"],
        };
        (await _bench.RunAsync(_bench.Command(spec), Options())).Output.ShouldBe($"reached {NetworkWorld.Public}:8080\n");
    }

    [Fact]
    public async Task An_adopted_container_gets_its_network_back()
    {
        var kit = _bench.Kit;
        var command = _bench.Command(Allowlist(new Attack(
            "", "", Ending.Succeeded, $"wget -q -O- http://{Listed}/; until wget -q -O- http://{Listed}/later 2>/dev/null; do sleep 0.1; done").Spec(_image.Id)));
        await using (var first = await StartAsync())
        {
            kit.Link.Command(command);
            await Wait.UntilAsync(() => kit.Link.Text("stdout").Contains("reached", StringComparison.Ordinal));
            await first.SimulateCrash();
        }

        _world.Late = true;
        await using var second = await StartAsync();
        var reported = await kit.Link.WaitForAsync<AttemptReported>();
        kit.ShouldBeProper(reported, command);
        reported.Receipt.ExitCode.ShouldBe(0);
        kit.Link.Text("stdout").Split('\n').Count(l => l.StartsWith("reached", StringComparison.Ordinal)).ShouldBe(2);
        kit.Link.Text("agent").ShouldContain("adopted");
        await Wait.UntilAsync(() => second.OpenAttempts == 0);
    }

    [Theory]
    [InlineData(NetworkMode.Allowlist)]
    [InlineData(NetworkMode.Full)]
    public async Task What_the_operator_does_not_allow_is_declined(NetworkMode mode)
    {
        var options = _bench.Options;
        options.NetworkModes.Add(mode == NetworkMode.Full ? NetworkMode.Allowlist : NetworkMode.Full);
        var spec = new Attack("", "", Ending.Declined, "true").Spec(_image.Id);
        var after = await _bench.RunAsync(_bench.Command(mode == NetworkMode.Full ? Full(spec) : Allowlist(spec)), options);
        after.Declined!.Reason.ShouldBe("inputs-unavailable");
    }

    private AgentOptions Options(AbuseBench? bench = null)
    {
        var options = (bench ?? _bench).Options;
        options.NetworkModes.Add(NetworkMode.Allowlist);
        options.NetworkModes.Add(NetworkMode.Full);
        options.NetworkRefused.Add("11.22.34.0/24");
        return options;
    }

    private async Task<AgentService> StartAsync()
    {
        var options = Options();
        var agent = new AgentService(
            options, _bench.Kit.Link, new DockerEngine(options), await OutputFolders.DetectAsync(options, default), _bench.Kit.Blobs, _bench.Kit.Signer,
            TimeProvider.System, NullLogger<AgentService>.Instance, egress: _world.Egress());
        await agent.StartAsync(default);
        return agent;
    }

    private static JobSpec Allowlist(JobSpec spec) => spec with { Network = NetworkMode.Allowlist, NetworkAllow = [Listed] };

    private static JobSpec Full(JobSpec spec) => spec with { Network = NetworkMode.Full };

    private static string Get(string where) => $"wget -q -O- http://{where}{(where.Contains('/', StringComparison.Ordinal) ? "" : "/")}";

    private static string[] FullOf(params string[] hosts) =>
        [.. hosts.Select(h => $"{Get(h.Contains(":25", StringComparison.Ordinal) || h.Contains(":3128", StringComparison.Ordinal) ? h : h + ":8080")} # full")];

    private static string Connect(string target) => Raw($"CONNECT {target} HTTP/1.1\\r\\n\\r\\n");

    private static string Raw(string request) => $"printf '{request}' | nc -w 2 127.0.0.1 3128 | grep -E 'reached|HTTP/1.1 200'";

    private static Attack Tries(string name, string stoppedBy, string agentSays, params string[] ways) =>
        new(name, stoppedBy, Ending.Succeeded, Try + string.Concat(ways.Select(w => $"try \"{w.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("$", "\\$", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"\n")), AgentSays: agentSays, RunLimitMs: 60_000);
}
