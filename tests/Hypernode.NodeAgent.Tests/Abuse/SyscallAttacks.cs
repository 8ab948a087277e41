using System.Globalization;
using Hypernode.Contracts.Jobs;
using Hypernode.NodeAgent.Tests.Fakes;

namespace Hypernode.NodeAgent.Tests.Abuse;

/// <summary>
/// What no shell can try: system calls made by a program of the job's own, all in one container. The kernel refuses each one, for
/// want of a capability or by the seccomp profile.
/// </summary>
[Trait("Needs", "docker")]
public sealed class SyscallAttacks(SyscallAttacks.Run run) : IClassFixture<SyscallAttacks.Run>
{
    private const long NewUser = 0x10000000, NewMounts = 0x20000, NewNetwork = 0x40000000;

    public static IReadOnlyList<Syscall> Calls { get; } =
    [
        new("mount", 165, "none", "/tmp", "tmpfs"),
        new("umount2", 166, "/in", 2),
        new("pivot_root", 155, "/out", "/out"),
        new("chroot", 161, "/out"),
        new("fsopen", 430, "tmpfs"),
        new("open_tree", 428, -100, "/", 1),
        new("mount_setattr", 442, -100, "/in", 0, new byte[32], 32),
        new("unshare: user namespace", 272, NewUser),
        new("unshare: mounts", 272, NewMounts),
        new("unshare: network", 272, NewNetwork),
        new("clone3: user namespace", 435, Int64s(NewUser, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), 88),
        new("setns", 308, 0, 0),
        new("setuid 0", 105, 0),
        new("setgid 0", 106, 0),
        new("setgroups", 116, 1, new byte[4]),
        new("chown to root", 92, "/out/p", 0, 0),
        new("mknod: /dev/mem", 133, "/out/mem", 0x21B6, 0x101),
        new("mknod: disk", 133, "/out/disk", 0x61B6, 0xFE00),
        new("raw socket", 41, 2, 3, 1),
        new("packet socket", 41, 17, 3, 0x300),
        new("virtual machine socket (vsock)", 41, 40, 1, 0),
        new("bpf: map", 321, 0, new byte[72], 72),
        new("bpf: program", 321, 5, new byte[72], 72),
        new("perf_event_open", 298, new byte[120], 0, -1, -1, 0),
        new("add_key", 248, "user", "hypernode-abuse", "x", 1, -5),
        new("keyctl: session keyring", 250, 1, "hypernode-abuse"),
        new("keyctl: read", 250, 11, -3, new byte[64], 64),
        new("request_key", 249, "user", "x", 0, -5),
        new("userfaultfd", 323, 1),
        new("io_uring_setup", 425, 8, new byte[120]),
        new("syslog", 103, 3, new byte[64], 64),
        new("init_module", 175, new byte[64], 64, ""),
        new("finit_module", 313, 0, "", 0),
        new("delete_module", 176, "loop", 0),
        new("kexec_load", 246, 0, 0, 0, 0),
        new("reboot", 169, 0xfee1dead, 672274793, 0x01234567),
        new("swapon", 167, "/out/p", 0),
        new("swapoff", 168, "/dev/zram0"),
        new("acct", 163, "/out/p"),
        new("quotactl", 179, 0x80000700, "/dev/loop0", 0, new byte[64]),
        new("settimeofday", 164, new byte[16], 0),
        new("clock_settime", 227, 0, new byte[16]),
        new("adjtimex: set", 159, Adjust()),
        new("sethostname", 170, "evil", 4),
        new("setdomainname", 171, "evil", 4),
        new("iopl", 172, 3),
        new("ioperm", 173, 0x70, 1, 1),
        new("open_by_handle_at", 304, -100, new byte[32], 0),
        new("name_to_handle_at", 303, -100, "/in", new byte[32], new byte[8], 0),
        new("fanotify_init", 300, 0, 0),
        new("lookup_dcookie", 212, 0, new byte[8], 8),
        new("real-time scheduling", 144, 0, 1, Int32s(50)),
        new("personality: no address randomization", 135, 0x0040000),
        new("more open files than the limit", 160, 7, Int64s(1_000_000, 1_000_000)),
        new("a larger core limit", 160, 4, Int64s(-1, -1)),
        new("ptrace of a process outside", 101, 16, 999_999),
        new("process_vm_readv of a process outside", 310, 999_999, new byte[16], 1, new byte[16], 1),
        new("pidfd_open of a process outside", 434, 999_999, 0),
        new("kill of a process outside", 62, 999_999, 9),
        new("ioctl: type into the terminal", 16, 0, 0x5412, "x"),
        new("link to a file of another mount", 86, "/in/.script", "/out/script"),
        new("open /dev/kmsg", 2, "/dev/kmsg", 1),
        new("open /proc/sysrq-trigger", 2, "/proc/sysrq-trigger", 1),
        new("open core_pattern for writing", 2, "/proc/sys/kernel/core_pattern", 1),
        new("open the runtime's own program for writing", 2, "/proc/1/exe", 2),
    ];

    /// <summary>Allowed, and no harm: a call that works proves that the probe itself does.</summary>
    private static readonly Syscall[] Controls =
    [
        new("getpid", 39),
        new("a socket file", 133, "/out/socket", 0xC1B6, 0),
        new("dup of its input", 32, 0),
        new("close of that", 3, new Syscall.ResultOf(2)),
    ];

    public static TheoryData<string> Names { get; } = [.. Calls.Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_kernel_refuses(string call) => run.Results[call].ShouldBeInRange(-4095, -1);

    [Fact]
    public void What_a_job_may_do_works_so_the_probe_is_a_real_one()
    {
        run.Results["getpid"].ShouldBeGreaterThan(1);
        run.Results["a socket file"].ShouldBe(0);
        run.Results["close of that"].ShouldBe(0);
        // A socket file is no output.
        run.After.Receipt.Artifacts.ShouldBeEmpty();
    }

    private static byte[] Int32s(params int[] values) => [.. values.SelectMany(BitConverter.GetBytes)];

    private static byte[] Int64s(params long[] values) => [.. values.SelectMany(BitConverter.GetBytes)];

    /// <summary>struct timex with modes = ADJ_FREQUENCY.</summary>
    private static byte[] Adjust() => [2, .. new byte[255]];

    /// <summary>One container for all calls.</summary>
    public sealed class Run : IAsyncLifetime
    {
        private readonly JobImage _image = new();
        private readonly AbuseBench _bench = new();

        public Dictionary<string, long> Results { get; } = [];

        internal Aftermath After { get; private set; } = null!;

        public async Task InitializeAsync()
        {
            Syscall[] all = [.. Controls, .. Calls];
            var probe = SyscallProbe.Build(all);
            var input = new JobInput("probe", _bench.Kit.Blobs.Add(probe), probe.Length);
            var attack = new Attack(
                "system calls", "no capabilities, seccomp", Ending.Succeeded,
                "cp /in/probe /out/p; chmod 755 /out/p; /out/p > /tmp/results; echo exit $?; od -An -v -t d8 -w8 /tmp/results; rm /out/p", "exit 0");
            After = await _bench.RunAsync(attack, _image.Id, inputs: [input]);
            var lines = After.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)[1..];
            lines.Length.ShouldBe(all.Length);
            foreach (var (call, line) in all.Zip(lines))
            {
                Results[call.Name] = long.Parse(line, CultureInfo.InvariantCulture);
            }
        }

        public Task DisposeAsync()
        {
            _bench.Dispose();
            return Task.CompletedTask;
        }
    }
}
