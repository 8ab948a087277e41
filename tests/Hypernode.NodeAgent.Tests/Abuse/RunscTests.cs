using Hypernode.Contracts.Nodes;
using Hypernode.NodeAgent.Tests.Fakes;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hypernode.NodeAgent.Tests.Abuse;

/// <summary>
/// Some of every kind of attack under gVisor (Debian's runsc with --platform=ptrace), whose kernel is a process of the container's own.
/// Where a job meets that kernel, endings differ from runc's; the machine, the oracle and the payer see the same.
/// </summary>
[Trait("Needs", "docker")]
public sealed class RunscTests(JobImage image) : IClassFixture<JobImage>, IDisposable
{
    private readonly AbuseBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Theory]
    [InlineData("writing outside")]
    [InlineData("mounting")]
    [InlineData("reading the host's files")]
    [InlineData("writing /sys and cgroups")]
    [InlineData("TCP and DNS out")]
    [InlineData("the engine's socket")]
    [InlineData("processes of others")]
    [InlineData("memory bomb by files in /tmp")]
    [InlineData("filling /out")]
    [InlineData("burning CPU in many processes")]
    [InlineData("never ending")]
    [InlineData("a double fork to outlive the job")]
    public async Task An_attack_ends_as_it_does_under_runc(string name) => await _bench.RunAsync(Find(name), image.Id, Options());

    [Theory]
    [InlineData("fork bomb", Ending.ExitCode)]      // the limit of processes counts gVisor's own threads: the whole sandbox goes
    [InlineData("killing pid 1", Ending.ExitCode)]  // its pid 1 can be killed, and takes the job along
    public async Task An_attack_ends_otherwise_than_under_runc_and_is_the_jobs_own_fault(string name, Ending ending) =>
        await _bench.RunAsync(Find(name) with { Ends = ending, Says = "" }, image.Id, Options());

    [Fact]
    public async Task The_limits_are_there_from_inside()
    {
        const string script = """
            grep -E '^(Uid|CapEff|CapBnd):' /proc/self/status | tr '\t' ' '
            touch /x 2>/dev/null || echo root-read-only
            touch /in/x 2>/dev/null || echo in-read-only
            ls /sys/class/net 2>/dev/null | grep -v '^lo$' && echo GOT-THROUGH
            echo "memory $(sed -n 's/^MemTotal: *\([0-9]*\) kB/\1/p' /proc/meminfo)"
            echo "kernel $(cat /proc/version)"
            head -c 60000000 /dev/zero > /out/large 2>/dev/null || echo out-is-bounded
            ulimit -n
            """;
        var after = await _bench.RunAsync(new Attack("", "", Ending.Succeeded, script, MemoryMb: 96), image.Id, Options());
        var lines = after.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines.ShouldContain("Uid: 65532 65532 65532 65532");
        lines.ShouldContain("CapEff: 0000000000000000");
        lines.ShouldContain("CapBnd: 0000000000000000");
        lines.ShouldContain("root-read-only");
        lines.ShouldContain("in-read-only");
        lines.ShouldContain("out-is-bounded");
        lines.ShouldContain($"memory {96 * 1024}");
        lines.ShouldContain("16384");
        lines.Single(l => l.StartsWith("kernel ", StringComparison.Ordinal)).ShouldNotContain(File.ReadAllText("/proc/sys/kernel/osrelease").Trim());
    }

    [Fact]
    public async Task A_container_is_adopted_by_the_next_agent()
    {
        var kit = _bench.Kit;
        var command = _bench.Command(new Attack("", "", Ending.Succeeded, "echo one; until [ -e /in/x ]; do i=$((i+1)); [ $i = 4 ] && break; sleep 1; done; echo two > /out/two").Spec(image.Id));
        await using (var first = await StartAsync())
        {
            kit.Link.Command(command);
            await Wait.UntilAsync(() => kit.Link.Text("stdout") == "one\n");
            await first.SimulateCrash();
        }

        await using var second = await StartAsync();
        var reported = await kit.Link.WaitForAsync<AttemptReported>();
        kit.ShouldBeProper(reported, command);
        reported.Receipt.ExitCode.ShouldBe(0);
        reported.Receipt.Artifacts.Single().Name.ShouldBe("two");
        kit.Link.Text("agent").ShouldContain("adopted");
        await Wait.UntilAsync(() => second.OpenAttempts == 0);
    }

    private static Attack Find(string name) =>
        ((IEnumerable<object[]>)HostAttacks.Table).Concat((IEnumerable<object[]>)ResourceAttacks.Table).Select(r => (Attack)r[0]).Single(a => a.Name == name);

    private async Task<Leases.AgentService> StartAsync()
    {
        var agent = await AgentRegistration.CreateAsync(Options(), _bench.Kit.Link, _bench.Kit.Blobs, _bench.Kit.Signer, TimeProvider.System, NullLoggerFactory.Instance, default);
        await agent.StartAsync(default);
        return agent;
    }

    private AgentOptions Options()
    {
        var options = _bench.Options;
        options.ContainerRuntime = "runsc";
        return options;
    }
}
