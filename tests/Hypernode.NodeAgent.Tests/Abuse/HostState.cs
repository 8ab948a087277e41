using System.Text;
using Hypernode.Contracts.Nodes;
using Hypernode.NodeAgent.Adapters.Docker;
using Hypernode.NodeAgent.Tests.Fakes;

namespace Hypernode.NodeAgent.Tests.Abuse;

/// <summary>The shared check that every attack ends with: the machine is as it was, and nothing of the attempt remains on it.</summary>
internal sealed class HostState
{
    /// <summary>What a job would change for everybody else, if it could.</summary>
    private static readonly string[] Settings =
    [
        "/proc/sys/kernel/core_pattern", "/proc/sys/kernel/hostname", "/proc/sys/kernel/domainname", "/proc/sys/kernel/modprobe",
        "/proc/sys/kernel/sysrq", "/proc/sys/kernel/randomize_va_space", "/proc/sys/kernel/panic", "/proc/sys/kernel/dmesg_restrict",
        "/proc/sys/vm/overcommit_memory", "/proc/sys/net/ipv4/ip_forward", "/proc/sys/fs/file-max",
    ];

    /// <summary>Files that attacks try to make on the host.</summary>
    private static readonly string[] Loot = ["/tmp/hypernode-abuse", "/etc/hypernode-abuse", "/hypernode-abuse", "/var/tmp/hypernode-abuse"];

    private readonly string _settings = Read();

    private HostState()
    {
    }

    public static HostState Now() => new();

    /// <param name="containers">Ids of the containers that the attempt had.</param>
    public async Task ShouldBeUnchangedAsync(TestKit kit, IReadOnlyCollection<string> containers)
    {
        Read().ShouldBe(_settings);
        Loot.Where(File.Exists).ShouldBeEmpty();

        using var engine = new DockerEngine(kit.Options);
        (await engine.ListAsync(Execution.ContainerLabels.Agent, kit.Node.ToString(), default)).ShouldBeEmpty();
        foreach (var id in containers)
        {
            (await engine.InspectAsync(id, default)).ShouldBeNull();
            // The kernel frees a cgroup a moment after its last process.
            await Wait.UntilAsync(() => !CgroupsOf(id).Any(), 10, () => $"cgroups remain: {string.Join(", ", CgroupsOf(id))}");
        }

        // The job's own folder is bind-mounted at /in, and its /out at /out: a process that is still in its world has them in its mounts.
        var marks = containers.Append(kit.Folder).ToList();
        await Wait.UntilAsync(() => ProcessesThatSee(marks).Count == 0, 10, () => $"still there: {string.Join(", ", ProcessesThatSee(marks))}");
        await Wait.UntilAsync(() => LoopDevicesOf(kit.Folder).Count == 0, 10, () => $"loop devices remain: {string.Join(", ", LoopDevicesOf(kit.Folder))}");
        Directory.EnumerateFileSystemEntries(Path.Combine(kit.Folder, "attempts")).ShouldBeEmpty();
    }

    private static string Read() => string.Join('\n', Settings.Where(File.Exists).Select(f => $"{f}={ReadOrNothing(f).Trim()}"));

    private static IEnumerable<string> CgroupsOf(string container) =>
        Directory.EnumerateDirectories("/sys/fs/cgroup", "*", new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true, MaxRecursionDepth = 6 })
            .Where(d => Path.GetFileName(d).Contains(container, StringComparison.Ordinal));

    /// <summary>Every process on the machine whose mounts or cgroups name one of the marks, as "pid (name): mark".</summary>
    private static List<string> ProcessesThatSee(List<string> marks)
    {
        var found = new List<string>();
        foreach (var process in Directory.EnumerateDirectories("/proc").Where(d => char.IsAsciiDigit(Path.GetFileName(d)[0])))
        {
            var world = ReadOrNothing($"{process}/mountinfo") + ReadOrNothing($"{process}/cgroup");
            found.AddRange(marks.Where(m => world.Contains(m, StringComparison.Ordinal)).Select(m => $"{Path.GetFileName(process)} ({ReadOrNothing($"{process}/comm").Trim()}): {m}"));
        }

        return found;
    }

    private static List<string> LoopDevicesOf(string folder) =>
        [.. Directory.EnumerateDirectories("/sys/block", "loop*").Where(d => ReadOrNothing($"{d}/loop/backing_file").Contains(folder, StringComparison.Ordinal))];

    /// <summary>Processes and devices come and go while they are looked at.</summary>
    private static string ReadOrNothing(string path)
    {
        try
        {
            return File.ReadAllText(path, Encoding.Latin1);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
