using System.Net;
using System.Net.Sockets;
using Hypernode.NodeAgent.Tests.Fakes;

namespace Hypernode.NodeAgent.Tests.Abuse;

/// <summary>Jobs that reach for the machine: its files, devices, kernel, network and engine. Each tries by several ways, and ends well when all fail.</summary>
[Trait("Needs", "docker")]
public sealed class HostAttacks(JobImage image) : IClassFixture<JobImage>, IDisposable
{
    /// <summary>Runs each line; one that succeeds has got through.</summary>
    private const string Try = "try() { if sh -c \"$1\" >/tmp/o 2>&1; then echo \"GOT-THROUGH: $1\"; cat /tmp/o; else echo \"refused: $1\"; fi; }\n";

    public static TheoryData<Attack> Table { get; } =
    [
        Tries("writing outside", "read-only root, read-only /in", "touch /x", "touch /etc/x", "touch /bin/x", "touch /in/x", "echo x >> /in/.script", "rm -f /in/.script", "mkdir /hypernode-abuse", "touch /dev/x", "touch /proc/x", "touch /sys/x"),
        Tries("mounting", "no capabilities, seccomp", "mount -t tmpfs none /tmp", "mount -t proc none /tmp", "mount -o bind / /tmp", "mount -o remount,rw /", "mount -o remount,rw,bind /in", "mount -t cgroup -o memory none /tmp", "umount /in", "umount /proc/kcore", "umount -l /out"),
        Tries("a loop device of its own", "no devices, no capabilities", "ls /dev/loop0", "ls /dev/loop-control", "dd if=/dev/zero of=/out/i bs=1024 count=64 2>&1 && losetup -f /out/i", "mount -o loop /out/i /tmp"),
        Tries("device nodes", "no capabilities, device cgroup", "mknod /out/mem c 1 1", "mknod /tmp/kmsg c 1 11", "mknod /out/vda b 254 0", "mknod /dev/shm/null c 1 3", "ls /dev/mem /dev/kmsg", "ls /dev/vda /dev/sda", "head -c 1 /dev/port", "ls /dev/kvm", "ls /dev/fuse", "ls /dev/net/tun"),
        Tries("setuid", "no-new-privileges, nosuid", "cp /bin/busybox /out/b && chmod 6755 /out/b && chown 0:0 /out/b", "/out/b su -c id root", "su -c id root </dev/null", "setpriv --reuid 0 id", "setpriv --clear-groups id", "setpriv --nnp=0 id", "chown 0 /out"),
        Tries("other namespaces", "no capabilities, seccomp", "unshare -r id", "unshare -m true", "unshare -n true", "unshare -p true", "unshare -U true", "unshare -u hostname x", "nsenter -t 1 -m true", "nsenter -t 1 -n true", "nsenter -m/proc/1/ns/mnt true", "echo 0 65532 1 > /proc/self/uid_map && false"),
        Tries("another root", "no capabilities", "chroot /out /bin/true", "chroot / /bin/true", "pivot_root /out /out", "cat /proc/1/root/etc/shadow", "ls /proc/1/root/home", "ls /proc/1/cwd/../../../../../home"),
        Tries("reading the host's files", "mount namespace", "cat /etc/shadow", "ls /home", "ls /root", "ls /var/lib/docker", "ls /host", "cat /in/../../etc/shadow", "ls /in/../../../attempts", "ls /out/../../journal", "ls /out/lost+found"),
        Tries("secrets of the kernel in /proc", "masked paths", "head -c 1 /proc/kcore | grep -q .", "grep -q . /proc/keys", "grep -q . /proc/timer_list", "grep -q . /proc/sched_debug", "ls /proc/scsi/*", "ls /proc/acpi/*", "head -c 1 /proc/kmsg", "dmesg", "ls /sys/firmware/*", "cat /proc/1/mem", "grep -q . /proc/vmallocinfo", "ls /sys/kernel/debug/*", "ls /sys/kernel/tracing/*", "ls /sys/devices/virtual/block/*", "ls /sys/devices/virtual/powercap/*"),
        Tries("settings of the kernel", "/proc/sys is read-only", "echo '|/out/x' > /proc/sys/kernel/core_pattern", "sysctl -w kernel.core_pattern=x", "echo 1 > /proc/sys/net/ipv4/ip_forward", "echo b > /proc/sysrq-trigger", "echo 3 > /proc/sys/vm/drop_caches", "echo /out/x > /proc/sys/kernel/modprobe", "echo x > /proc/sys/kernel/hostname", "echo 1 > /proc/irq/0/smp_affinity", "echo 1 > /proc/self/clear_refs; echo -17 > /proc/self/oom_adj"),
        Tries("writing /sys and cgroups", "/sys is read-only", "echo /out/x > /sys/fs/cgroup/memory/release_agent", "echo 1 > /sys/fs/cgroup/memory/notify_on_release", "echo -1 > /sys/fs/cgroup/cpu/cpu.cfs_quota_us", "echo max > /sys/fs/cgroup/cpu.max", "echo 99999999999 > /sys/fs/cgroup/memory/memory.limit_in_bytes", "echo max > /sys/fs/cgroup/memory.max", "echo max > /sys/fs/cgroup/pids/pids.max", "echo max > /sys/fs/cgroup/pids.max", "mkdir /sys/fs/cgroup/memory/x", "mkdir /sys/fs/cgroup/x", "echo $$ > /sys/fs/cgroup/memory/cgroup.procs", "echo 1 > /sys/kernel/uevent_helper", "echo mem > /sys/power/state", "echo a > /sys/fs/cgroup/devices/devices.allow"),
        Tries("the clock", "no capabilities", "date -s '2001-01-01 00:00:00'; date +%Y | grep -q 2001", "hwclock -w", "hwclock -s", "ls /dev/rtc0"),
        Tries("kernel modules, swap and the power button", "no capabilities", "insmod /out/x.ko", "rmmod loop", "modprobe dummy", "swapon /out/x", "swapoff -a && grep -q . /proc/swaps && false", "reboot -f", "poweroff -f", "halt -f"),
        Tries("the machine's name", "UTS namespace, no capabilities", "hostname evil", "hostname | grep -v '^job$'"),
        Tries("raw sockets", "no capabilities", "ping -c 1 -W 1 127.0.0.1", "arping -c 1 -w 1 127.0.0.1", "traceroute -m 1 -w 1 127.0.0.1 && false"),
        Tries("TCP and DNS out", "network namespace without interfaces", "wget -q -O- http://1.1.1.1/", "wget -q -O- http://169.254.169.254/latest/meta-data/", "nslookup example.com 8.8.8.8", "nslookup example.com", "nc -w 1 8.8.8.8 53 </dev/null", "ping6 -c 1 -W 1 ff02::1", "ip link add x type dummy", "ip route add default dev lo", "ip addr add 10.0.0.1/8 dev lo", "ls /sys/class/net/e*", "udhcpc -n -q -t 1 -T 1 -i lo"),
        Tries("the engine's socket", "not mounted", "ls /var/run/docker.sock", "ls /run/docker.sock", "ls /run/containerd/containerd.sock", "find / -xdev -type s 2>/dev/null | grep -q .", "grep -q docker /proc/self/mounts && grep -q sock /proc/self/mounts", "grep -Eq 'docker|containerd' /proc/net/unix", "nc -w 1 127.0.0.1 2375 </dev/null", "nc -w 1 127.0.0.1 2376 </dev/null"),
        Tries("processes of others", "PID namespace", "ls -d /proc/[0-9]* | wc -l | grep -q '[0-9][0-9]'", "grep -l dockerd /proc/[0-9]*/comm", "kill -0 500", "ls /proc/1/fd/* && grep -q containerd /proc/1/cmdline"),
        Tries("executable code in temporary folders", "noexec", "cp /bin/busybox /tmp/b && chmod 755 /tmp/b && /tmp/b true", "cp /bin/busybox /dev/shm/b && chmod 755 /dev/shm/b && /dev/shm/b true"),
    ];

    private readonly AbuseBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Theory]
    [MemberData(nameof(Table))]
    public async Task It_is_refused_the_job_runs_on_and_is_charged(Attack attack)
    {
        var after = await _bench.RunAsync(attack, image.Id);
        // Not one of the ways was skipped.
        after.Output.Split('\n').Count(l => l.StartsWith("refused: ", StringComparison.Ordinal)).ShouldBe(attack.Script.Split("\ntry ").Length - 1);
    }

    [Fact]
    public async Task A_server_on_the_machines_loopback_and_an_abstract_socket_are_not_in_the_jobs_world()
    {
        using var tcp = new TcpListener(IPAddress.Any, 0);
        tcp.Start();
        var name = "hypernode-abuse-" + TestKit.NewId().ToString("N");
        using var unix = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        unix.Bind(new UnixDomainSocketEndPoint("\0" + name));
        unix.Listen();
        File.ReadAllText("/proc/net/unix").ShouldContain(name);
        var port = ((IPEndPoint)tcp.LocalEndpoint).Port;
        var addresses = Dns.GetHostAddresses(Dns.GetHostName(), AddressFamily.InterNetwork).Append(IPAddress.Loopback).Distinct();

        await _bench.RunAsync(
            Tries("reaching a server on the host", "network namespace of its own", [.. addresses.Select(a => $"nc -w 1 {a} {port} </dev/null"), $"grep -q {name} /proc/net/unix"]),
            image.Id);

        tcp.Pending().ShouldBeFalse();
    }

    [Fact]
    public async Task Secrets_of_the_agent_are_neither_in_the_environment_nor_in_the_files_of_a_job()
    {
        var secret = TestKit.NewId().ToString("N");
        Environment.SetEnvironmentVariable("HYPERNODE_TEST_ABUSE_SECRET", secret);
        var attack = new Attack(
            "secrets in the environment", "the job's environment is made from nothing", Ending.Succeeded,
            $"env; tr '\\0' '\\n' < /proc/1/environ; for f in /proc/[0-9]*/environ; do grep -q {secret} $f && echo GOT-THROUGH $f; done; ls -a /in");
        var command = _bench.Command(attack.Spec(image.Id));
        var after = await _bench.RunAsync(command);
        Environment.SetEnvironmentVariable("HYPERNODE_TEST_ABUSE_SECRET", null);

        after.Output.ShouldNotContain(secret);
        after.Output.ShouldNotContain(Attack.Through);
        // With the challenge a job could forge the agent's completion marker.
        after.Output.ShouldNotContain(command.Challenge.ToString());
        var names = after.Output.Split('\n').Where(l => l.Contains('=', StringComparison.Ordinal)).Select(l => l[..l.IndexOf('=', StringComparison.Ordinal)]).Distinct().Order();
        names.ShouldBe(["HOME", "HOSTNAME", "HYPERNODE_IN", "HYPERNODE_OUT", "NVIDIA_VISIBLE_DEVICES", "PATH", "PWD", "SHLVL"]);
    }

    private static Attack Tries(string name, string stoppedBy, params string[] ways) =>
        new(name, stoppedBy, Ending.Succeeded, Try + string.Concat(ways.Select(w => $"try \"{w.Replace("$", "\\$", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"\n")));
}
