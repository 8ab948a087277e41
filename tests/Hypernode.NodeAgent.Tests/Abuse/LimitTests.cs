using System.Globalization;
using Hypernode.Contracts.Jobs;
using Hypernode.NodeAgent.Adapters.Docker;
using Hypernode.NodeAgent.Tests.Fakes;

namespace Hypernode.NodeAgent.Tests.Abuse;

/// <summary>Every limit of the sandbox, as the job itself sees it: what was asked of an engine is not yet what the kernel does.</summary>
[Trait("Needs", "docker")]
public sealed class LimitTests(LimitTests.Inside inside) : IClassFixture<LimitTests.Inside>
{
    private const int CpuMillis = 300, MemoryMb = 96, OutputMb = 12, Pids = 77;

    [Fact]
    public void Memory_is_what_was_paid_for() => inside["memory"].ShouldBe($"{MemoryMb << 20}");

    [Fact]
    public void There_is_no_swap_beyond_the_memory() => inside["memory and swap"].ShouldBeOneOf($"{MemoryMb << 20}", "0");

    [Fact]
    public void The_CPU_quota_is_what_was_paid_for()
    {
        var parts = inside["cpu"].Split(' ').Select(p => double.Parse(p, CultureInfo.InvariantCulture)).ToArray();
        (parts[0] / parts[1]).ShouldBe(CpuMillis / 1000.0, 0.001);
    }

    [Fact]
    public void The_CPU_quota_is_also_what_is_used() =>
        // Four busy loops for about a second of wall time.
        inside.Number("cpu used ms").ShouldBeInRange(1, (inside.Number("wall ms") * CpuMillis / 1000 * 1.25) + 150);

    [Fact]
    public void Processes_are_limited() => inside["pids"].ShouldBe($"{Pids}");

    [Fact]
    public void Open_files_are_limited() => inside["nofile"].ShouldBe($"{ContainerBody.OpenFiles} {ContainerBody.OpenFiles}");

    [Fact]
    public void Core_files_are_too_small_to_be() => inside["core"].ShouldBe("1 1");

    [Fact]
    public void Tmp_has_64_MiB_without_programs_devices_and_setuid()
    {
        inside["/tmp size"].ShouldBe($"{64 << 20}");
        inside["/tmp options"].Split(',').ShouldHaveOptions("rw", "noexec", "nosuid", "nodev");
    }

    [Fact]
    public void Shared_memory_has_64_MiB_without_programs_devices_and_setuid()
    {
        inside["/dev/shm size"].ShouldBe($"{64 << 20}");
        inside["/dev/shm options"].Split(',').ShouldHaveOptions("rw", "noexec", "nosuid", "nodev");
    }

    [Fact]
    public void Out_has_what_was_paid_for_on_a_file_system_of_its_own()
    {
        inside["/out type"].ShouldBe("ext4");
        inside["/out options"].Split(',').ShouldHaveOptions("rw", "nosuid", "nodev");
        inside.Number("/out size").ShouldBeInRange(OutputMb << 20, (OutputMb + 6) << 20);
    }

    [Fact]
    public void In_and_the_root_are_read_only()
    {
        inside["/in options"].Split(',').ShouldHaveOptions("ro");
        inside["/ options"].Split(',').ShouldHaveOptions("ro");
        inside["/sys options"].Split(',').ShouldHaveOptions("ro", "nosuid", "nodev", "noexec");
        inside["/proc/sys options"].Split(',').ShouldHaveOptions("ro");
    }

    [Fact]
    public void The_user_is_nobody_without_capabilities_and_can_gain_none()
    {
        inside["Uid"].ShouldBe("65532\t65532\t65532\t65532");
        inside["Gid"].ShouldBe("65532\t65532\t65532\t65532");
        foreach (var set in (string[])["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"])
        {
            inside[set].ShouldBe("0000000000000000");
        }

        inside["NoNewPrivs"].ShouldBe("1");
        inside["Seccomp"].ShouldBe("2");
    }

    [Theory]
    [InlineData("mnt")]
    [InlineData("pid")]
    [InlineData("net")]
    [InlineData("ipc")]
    [InlineData("uts")]
    [InlineData("cgroup")]
    public void A_namespace_is_the_jobs_own(string kind) => inside[$"ns {kind}"].ShouldNotBe(File.ResolveLinkTarget($"/proc/self/ns/{kind}", false)!.Name);

    [Fact]
    public void The_only_network_interface_is_a_loopback() => inside["interfaces"].ShouldBe("lo");

    [Fact]
    public void There_are_no_devices_but_the_harmless_ones() =>
        inside["devices"].Split(' ', StringSplitOptions.RemoveEmptyEntries).ShouldBe(["full", "null", "ptmx", "random", "tty", "urandom", "zero"], ignoreOrder: true);

    [Fact]
    public void The_log_is_capped_and_says_so()
    {
        inside.Kept.ShouldBe(Inside.LogCap);
        inside.AgentLog.ShouldContain($"output beyond {Inside.LogCap} bytes");
    }

    /// <summary>One job that tells all that it sees.</summary>
    public sealed class Inside : IAsyncLifetime
    {
        public const int LogCap = 40_000;

        private const string Script = """
            say() { echo "$1=$2"; }
            of() { cat "$@" 2>/dev/null | head -n 1; }
            c=/sys/fs/cgroup
            say memory "$(of $c/memory/memory.limit_in_bytes $c/memory.max)"
            say 'memory and swap' "$(of $c/memory/memory.memsw.limit_in_bytes $c/memory.swap.max || echo 0)"
            [ -f $c/cpu.max ] && say cpu "$(cat $c/cpu.max)" || say cpu "$(cat $c/cpu/cpu.cfs_quota_us) $(cat $c/cpu/cpu.cfs_period_us)"
            say pids "$(of $c/pids/pids.max $c/pids.max)"
            say nofile "$(ulimit -Sn) $(ulimit -Hn)"
            say core "$(grep '^Max core' /proc/self/limits | sed 's/Max core file size *//; s/bytes//; s/  */ /g; s/ $//')"
            for m in / /in /out /tmp /dev/shm /sys /proc/sys; do
              while read -r _ where type options _; do
                [ "$where" = "$m" ] && { say "$m type" "$type"; say "$m options" "$options"; }
              done < /proc/mounts
            done
            for m in /out /tmp /dev/shm; do say "$m size" "$(stat -f -c '%b %S' $m | { read -r b s; echo $((b * s)); })"; done
            grep -E '^(Uid|Gid|Cap...|NoNewPrivs|Seccomp):' /proc/self/status | sed 's/:	*/=/'
            for n in mnt pid net ipc uts cgroup; do say "ns $n" "$(readlink /proc/self/ns/$n)"; done
            say interfaces "$(ls /sys/class/net | tr '\n' ' ' | sed 's/ $//')"
            say devices "$(find /dev -type c | sed 's,.*/,,' | tr '\n' ' ')"
            used() { cat $c/cpuacct/cpuacct.usage 2>/dev/null || { sed -n 's/^usage_usec //p' $c/cpu.stat | sed 's/$/000/'; }; }
            now() { sed 's/ .*//; s/\.//' /proc/uptime; }
            u=$(used); t=$(now)
            for i in 1 2 3 4; do (while [ $(($(now) - t)) -lt 100 ]; do :; done) & done; wait
            say 'wall ms' $((($(now) - t) * 10)); say 'cpu used ms' $((($(used) - u) / 1000000))
            echo end-of-facts
            yes | head -c 100000
            """;

        private readonly JobImage _image = new();
        private readonly AbuseBench _bench = new();
        private Dictionary<string, string> _facts = [];

        public long Kept { get; private set; }

        public string AgentLog { get; private set; } = "";

        public string this[string fact] => _facts.TryGetValue(fact, out var value) ? value : throw new KeyNotFoundException($"{fact} is not among: {string.Join("; ", _facts)}");

        public double Number(string fact) => double.Parse(this[fact], CultureInfo.InvariantCulture);

        public async Task InitializeAsync()
        {
            var options = _bench.Options;
            options.PidsLimit = Pids;
            options.MaxLogBytes = LogCap;
            var spec = new JobSpec(JobType.Custom, _image.Id, new JobLimits(CpuMillis, MemoryMb, TimeoutSeconds: 30, OutputMb: OutputMb), 5, Script: Script);
            var after = await _bench.RunAsync(_bench.Command(spec, 30_000), options);
            after.Output.ShouldContain("end-of-facts");
            _facts = after.Output.Split("end-of-facts")[0].Split('\n').Where(l => l.Contains('=', StringComparison.Ordinal))
                .Select(l => l.Split('=', 2)).GroupBy(p => p[0]).ToDictionary(g => g.Key, g => g.Last()[1]);
            AgentLog = after.AgentLog;
            Kept = _bench.Kit.Link.StoredChunks().Where(c => c.Stream != "agent").Sum(c => (long)c.Data.Length);
        }

        public Task DisposeAsync()
        {
            _bench.Dispose();
            return Task.CompletedTask;
        }
    }
}

internal static class MountOptions
{
    /// <summary>All of the wished options are among those of the mount.</summary>
    public static void ShouldHaveOptions(this string[] actual, params string[] wished) => wished.Except(actual).ShouldBeEmpty(string.Join(',', actual));
}
