using Hypernode.NodeAgent.Tests.Fakes;

namespace Hypernode.NodeAgent.Tests.Abuse;

/// <summary>Jobs that take more than they paid for: processes, memory, disk, time.</summary>
[Trait("Needs", "docker")]
public sealed class ResourceAttacks(JobImage image) : IClassFixture<JobImage>, IDisposable
{
    public static TheoryData<Attack> Table { get; } =
    [
        new("fork bomb", "pids limit", Ending.TimedOut, "b() { b | b & }; b 2>/dev/null; while :; do :; done", RunLimitMs: 2_000),
        new("fork bomb that gives up when refused", "pids limit", Ending.ExitCode,
            "i=0; while [ $i -lt 600 ]; do sleep 60 & i=$((i+1)); done; echo GOT-THROUGH"),
        new("memory bomb", "memory limit, no swap", Ending.OutOfMemory,
            "x=$(head -c 200000000 /dev/zero | tr '\\0' 'a'); echo GOT-THROUGH ${#x}", MemoryMb: 32),
        new("memory bomb in a child", "memory limit, no swap", Ending.Succeeded,
            "sh -c 'echo 1000 > /proc/self/oom_score_adj; x=$(head -c 200000000 /dev/zero | tr \"\\0\" a); echo GOT-THROUGH'; echo child ended with $?; exit 0", "child ended with 137", MemoryMb: 32),
        new("memory bomb by files in /tmp", "tmpfs counts as the job's memory", Ending.OutOfMemory,
            "head -c 60000000 /dev/zero > /tmp/x && echo GOT-THROUGH; exit 9", MemoryMb: 32),
        new("filling /tmp", "tmpfs of 64 MiB", Ending.Succeeded,
            "head -c 100000000 /dev/zero > /tmp/x && echo GOT-THROUGH; stat -c %s /tmp/x", "67108864", MemoryMb: 192),
        new("filling /dev/shm", "tmpfs of 64 MiB", Ending.Succeeded,
            "head -c 100000000 /dev/zero > /dev/shm/x && echo GOT-THROUGH; stat -c %s /dev/shm/x", "67108864", MemoryMb: 192),
        new("filling /out", "file system of its own", Ending.Succeeded,
            "head -c 90000000 /dev/zero > /out/x && echo GOT-THROUGH; rm /out/x; echo held", "held", OutputMb: 4),
        new("unpacking a bomb", "file system of its own", Ending.ExitCode,
            "head -c 300000000 /dev/zero | gzip -9 > /tmp/bomb; gunzip -c /tmp/bomb > /out/x && echo GOT-THROUGH; rm /out/x; echo held; exit 4", "held", OutputMb: 4),
        new("burning CPU in many processes", "CPU quota, run limit", Ending.TimedOut, "for i in 1 2 3 4; do (while :; do :; done) & done; wait", RunLimitMs: 1_500),
        new("never ending", "run limit", Ending.TimedOut, "sleep 100000", RunLimitMs: 1_000),
        new("ignoring SIGTERM", "SIGKILL after two seconds", Ending.TimedOut, "trap '' TERM; while :; do sleep 1; done", RunLimitMs: 1_000),
        new("answering SIGTERM with exit code 0", "the run limit counts, not the exit code", Ending.TimedOut, "trap 'exit 0' TERM; while :; do sleep 1; done", RunLimitMs: 1_000),
        new("stopping itself", "SIGKILL after two seconds", Ending.TimedOut, "kill -STOP $$; echo GOT-THROUGH", RunLimitMs: 1_000),
        new("a double fork to outlive the job", "its PID namespace ends with it", Ending.Succeeded, "(setsid sh -c 'trap \"\" TERM HUP; while :; do sleep 1; done' >/dev/null 2>&1 &); echo gone", "gone"),
        new("a double fork that keeps the output open", "its PID namespace ends with it", Ending.Succeeded, "(setsid sh -c 'while :; do sleep 1; echo GOT-THROUGH; done' &); echo gone", "gone"),
        new("killing pid 1", "pid 1 takes no signal that it does not wait for", Ending.Succeeded, "kill -9 1; kill -STOP 1; echo pid 1 lives", "pid 1 lives"),
        new("asking pid 1 to end", "the job ends, by its own hand", Ending.ExitCode, "kill -TERM 1; sleep 20; echo GOT-THROUGH"),
        new("killing every process that it sees", "PID namespace", Ending.Succeeded, "sleep 50 & sleep 50 & kill -9 -1; echo still here", "still here"),
        new("opening files without end", "nofile limit", Ending.Succeeded,
            "sh -c 'i=3; while [ $i -lt 40000 ]; do eval \"exec $i</dev/null\" || exit 1; i=$((i+1)); done; echo GOT-THROUGH'; echo refused", "refused"),
        new("dumping core", "core limit of one byte: no file, no handler of the host", Ending.ExitCode, "ulimit -c unlimited 2>/dev/null; cd /out; sh -c 'kill -SEGV $$'; exit $?", Artifacts: []),
        new("a priority above the others", "no capabilities", Ending.Succeeded, "nice -n -20 true 2>/dev/null && renice -n -20 $$ && echo GOT-THROUGH; chrt -r 50 true && echo GOT-THROUGH; echo held", "held"),
        new("escaping the out-of-memory killer", "no capabilities", Ending.Succeeded, "echo -1000 > /proc/self/oom_score_adj && echo GOT-THROUGH; echo held", "held"),
    ];

    private readonly AbuseBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Theory]
    [MemberData(nameof(Table))]
    public Task It_is_contained_typed_and_charged(Attack attack) => _bench.RunAsync(attack, image.Id);
}
