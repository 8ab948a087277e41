using System.Text.Json.Nodes;

namespace Hypernode.NodeAgent.Adapters.Docker;

/// <summary>
/// The system calls that a job may make; any other is refused. Engines bring a profile of their own, but it differs by version: one
/// that is still common lets jobs open sockets to the hypervisor (vsock is in no network namespace) and use io_uring. This one
/// is the same everywhere, and narrower: no namespaces, no mounts, no tracing, no keys, no bpf, no 32-bit calls.
/// </summary>
internal static class Seccomp
{
    private const string Allow = "SCMP_ACT_ALLOW", Refuse = "SCMP_ACT_ERRNO";
    private const int NotImplemented = 38;

    /// <summary>CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET.</summary>
    private const long NamespaceFlags = 0x7E020000;

    /// <summary>AF_UNIX, AF_INET, AF_INET6 and AF_NETLINK (a resolver asks it for the interfaces).</summary>
    private static readonly int[] SocketFamilies = [1, 2, 10, 16];

    private static readonly string[] Allowed =
    [
        // Files
        "access", "faccessat", "faccessat2", "open", "openat", "openat2", "creat", "close", "close_range", "read", "pread64", "readv", "preadv",
        "preadv2", "write", "pwrite64", "writev", "pwritev", "pwritev2", "lseek", "sendfile", "copy_file_range", "splice", "tee", "vmsplice",
        "stat", "fstat", "lstat", "newfstatat", "statx", "statfs", "fstatfs", "getdents", "getdents64", "getcwd", "chdir", "fchdir", "mkdir",
        "mkdirat", "rmdir", "rename", "renameat", "renameat2", "link", "linkat", "unlink", "unlinkat", "symlink", "symlinkat", "readlink",
        "readlinkat", "mknod", "mknodat", "chmod", "fchmod", "fchmodat", "fchmodat2", "chown", "fchown", "lchown", "fchownat", "umask",
        "truncate", "ftruncate", "fallocate", "fadvise64", "readahead", "utime", "utimes", "futimesat", "utimensat", "flock", "fcntl", "fsync",
        "fdatasync", "sync", "syncfs", "sync_file_range", "dup", "dup2", "dup3", "pipe", "pipe2", "ioctl", "cachestat",
        "getxattr", "lgetxattr", "fgetxattr", "setxattr", "lsetxattr", "fsetxattr", "listxattr", "llistxattr", "flistxattr", "removexattr",
        "lremovexattr", "fremovexattr", "inotify_init", "inotify_init1", "inotify_add_watch", "inotify_rm_watch",

        // Waiting
        "poll", "ppoll", "select", "pselect6", "epoll_create", "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait", "epoll_pwait2",
        "eventfd", "eventfd2", "signalfd", "signalfd4", "timerfd_create", "timerfd_settime", "timerfd_gettime", "io_setup", "io_destroy",
        "io_submit", "io_cancel", "io_getevents", "io_pgetevents",

        // Memory
        "brk", "mmap", "munmap", "mprotect", "mremap", "madvise", "mincore", "msync", "mlock", "mlock2", "munlock", "mlockall", "munlockall",
        "membarrier", "memfd_create", "pkey_alloc", "pkey_free", "pkey_mprotect", "map_shadow_stack", "shmget", "shmat", "shmctl", "shmdt",

        // Processes and threads
        "fork", "vfork", "execve", "execveat", "exit", "exit_group", "wait4", "waitid", "getpid", "getppid", "gettid", "getpgid", "setpgid",
        "getpgrp", "getsid", "setsid", "kill", "tkill", "tgkill", "pidfd_open", "pidfd_send_signal", "prctl", "arch_prctl", "set_tid_address",
        "set_robust_list", "get_robust_list", "rseq", "futex", "futex_waitv", "futex_wait", "futex_wake", "futex_requeue", "restart_syscall",
        "getrlimit", "setrlimit", "prlimit64", "getrusage", "sysinfo", "uname", "times", "getcpu", "getpriority", "setpriority", "ioprio_get",
        "ioprio_set", "sched_yield", "sched_getaffinity", "sched_setaffinity", "sched_getattr", "sched_setattr", "sched_getparam",
        "sched_setparam", "sched_getscheduler", "sched_setscheduler", "sched_get_priority_max", "sched_get_priority_min",
        "sched_rr_get_interval", "seccomp", "landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self", "getrandom",

        // Users: without a capability they change nothing, and the runtime itself needs them to become the job's user
        "getuid", "geteuid", "getgid", "getegid", "getresuid", "getresgid", "getgroups", "setuid", "setgid", "setreuid", "setregid", "setresuid",
        "setresgid", "setfsuid", "setfsgid", "setgroups", "capget", "capset",

        // Signals and time
        "rt_sigaction", "rt_sigprocmask", "rt_sigpending", "rt_sigsuspend", "rt_sigtimedwait", "rt_sigqueueinfo", "rt_tgsigqueueinfo",
        "rt_sigreturn", "sigaltstack", "pause", "alarm", "getitimer", "setitimer", "time", "gettimeofday", "clock_gettime", "clock_getres",
        "clock_nanosleep", "nanosleep", "timer_create", "timer_delete", "timer_gettime", "timer_settime", "timer_getoverrun",

        // Talking to each other
        "socketpair", "connect", "bind", "listen", "accept", "accept4", "getsockname", "getpeername", "sendto", "recvfrom", "sendmsg", "recvmsg",
        "sendmmsg", "recvmmsg", "shutdown", "setsockopt", "getsockopt", "semget", "semop", "semctl", "semtimedop", "msgget", "msgsnd", "msgrcv",
        "msgctl", "mq_open", "mq_unlink", "mq_timedsend", "mq_timedreceive", "mq_notify", "mq_getsetattr",
    ];

    /// <summary>The engine takes it as it is, in the place of a file's name.</summary>
    public static string Profile { get; } = new JsonObject
    {
        ["defaultAction"] = Refuse,
        ["archMap"] = new JsonArray(Architecture("SCMP_ARCH_X86_64"), Architecture("SCMP_ARCH_AARCH64")),
        ["syscalls"] = new JsonArray(
        [
            Rule(Allow, Allowed),
            .. SocketFamilies.Select(family => Rule(Allow, ["socket"], Is("SCMP_CMP_EQ", family))),
            .. ((long[])[0, 0xFFFFFFFF]).Select(persona => Rule(Allow, ["personality"], Is("SCMP_CMP_EQ", persona))),
            Rule(Allow, ["clone"], Is("SCMP_CMP_MASKED_EQ", NamespaceFlags)),   // of these flags none
            // Libraries have another way when the kernel "does not know" these, and give up when they are forbidden.
            Rule(Refuse, ["clone3", "io_uring_setup", "io_uring_enter", "io_uring_register"], errno: NotImplemented),
        ]),
    }.ToJsonString();

    private static JsonObject Architecture(string name) => new() { ["architecture"] = name, ["subArchitectures"] = new JsonArray() };

    private static JsonObject Is(string how, long value) => new() { ["index"] = 0, ["value"] = value, ["op"] = how };

    private static JsonObject Rule(string action, string[] names, JsonObject? argument = null, int? errno = null)
    {
        var rule = new JsonObject { ["names"] = new JsonArray([.. names.Select(n => (JsonNode)n)]), ["action"] = action };
        if (argument is not null)
        {
            rule["args"] = new JsonArray(argument);
        }

        if (errno is { } number)
        {
            rule["errnoRet"] = number;
        }

        return rule;
    }
}
