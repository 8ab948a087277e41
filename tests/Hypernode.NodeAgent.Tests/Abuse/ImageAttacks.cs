using System.Formats.Tar;

namespace Hypernode.NodeAgent.Tests.Abuse;

/// <summary>What the machine runs is an image that a stranger made: its metadata and its files are hostile too.</summary>
[Trait("Needs", "docker")]
public sealed class ImageAttacks(HostileImage images) : IClassFixture<HostileImage>, IDisposable
{
    private readonly AbuseBench _bench = new();

    public void Dispose() => _bench.Dispose();

    /// <summary>A program with the setuid bit: the numbers that it prints are uid, effective uid, gid, effective gid.</summary>
    [Fact]
    public async Task A_setuid_program_of_the_image_gives_no_root()
    {
        var probe = SyscallProbe.Build([new("getuid", 102), new("geteuid", 107), new("getgid", 104), new("getegid", 108), new("setuid", 105, 0)]);
        var image = await images.BuildAsync(tar => HostileImage.Add(tar, "bin/suid", probe, 0b110_111_101_101));
        var after = await _bench.RunAsync(
            new Attack("a setuid program in the image", "no-new-privileges", Ending.Succeeded, "/bin/suid > /tmp/r; busybox od -An -v -t d8 -w8 /tmp/r"), image);
        after.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).ShouldBe(["65532", "65532", "65532", "65532", "-1"]);
    }

    [Fact]
    public async Task Users_and_groups_that_the_image_makes_up_are_not_believed()
    {
        var image = await images.BuildAsync(
            tar =>
            {
                HostileImage.Add(tar, "etc/passwd", "root:x:0:0::/:/bin/sh\n65532:x:0:0::/:/bin/sh\njob:x:65532:0::/:/bin/sh\n");
                HostileImage.Add(tar, "etc/group", "root:x:0:job,65532\ndisk:x:6:job,65532\n65532:x:0:job\n");
            },
            null,
            "USER root");
        await _bench.RunAsync(
            new Attack("users made up by the image", "fixed uid and gid, no capabilities", Ending.Succeeded, "id -u; id -g; grep -E '^(Uid|Gid|CapEff):' /proc/self/status; touch /etc/x && echo GOT-THROUGH; exit 0", "65532\n65532\nUid:\t65532\t65532\t65532\t65532\nGid:\t65532\t65532\t65532\t65532\nCapEff:\t0000000000000000\n"), image);
    }

    [Fact]
    public async Task Labels_environment_health_check_and_entry_point_of_the_image_change_nothing()
    {
        var image = await images.BuildAsync(
            null, null, "LABEL hypernode.agent=somebody-else hypernode.job=none hypernode.attempt=99", "ENV NVIDIA_VISIBLE_DEVICES=all LD_PRELOAD=/evil.so HOME=/root",
            "HEALTHCHECK --interval=1s CMD touch /out/health", "ENTRYPOINT [\"/bin/echo\",\"GOT-THROUGH\"]", "WORKDIR /");
        var after = await _bench.RunAsync(
            new Attack("metadata of the image", "labels, environment, health check and entry point are the agent's", Ending.TimedOut, "env; pwd; trap 'echo asked nicely; exit 0' TERM; while :; do sleep 1; done", "asked nicely", RunLimitMs: 2_500, Artifacts: []), image);
        after.Output.ShouldContain("NVIDIA_VISIBLE_DEVICES=void\n");
        after.Output.ShouldContain("HOME=/tmp\n");
        after.Output.ShouldContain("PWD=/out\n");
    }

    [Fact]
    public async Task Volumes_of_the_image_are_small_and_leave_nothing()
    {
        var before = await images.VolumesAsync();
        var image = await images.BuildAsync(null, null, "VOLUME /data", "VOLUME /tmp", "VOLUME /var/lib/deep/er");
        var after = await _bench.RunAsync(
            new Attack("volumes of the image", "a tmpfs of 16 MiB each", Ending.Succeeded, "busybox head -c 40000000 /dev/zero > /data/x && echo GOT-THROUGH; stat -c %s /data/x; grep -c ' tmpfs ' /proc/mounts; touch /tmp/x && echo tmp", "16777216\n", MemoryMb: 128), image);
        after.Output.ShouldContain("tmp\n");
        (await images.VolumesAsync()).ShouldBe(before);
    }

    [Theory]
    [InlineData("VOLUME /out/sub")]
    [InlineData("VOLUME /in/sub")]
    [InlineData("VOLUME /in/")]
    [InlineData("VOLUME /out/../in")]
    [InlineData("VOLUME /proc")]
    [InlineData("VOLUME /sys/fs/cgroup")]
    [InlineData("VOLUME /dev")]
    [InlineData("VOLUME /")]
    public async Task Volumes_in_strange_places_are_held_or_declined(string volume)
    {
        var before = await images.VolumesAsync();
        var image = await images.BuildAsync(null, null, volume);
        var script = "touch /in/x && echo GOT-THROUGH; echo x >> /in/.script && echo GOT-THROUGH; touch /etc/x && echo GOT-THROUGH; ls /proc/1 >/dev/null 2>&1 && ls /proc/*/exe | grep -vc x; id -u; exit 0";
        var after = await _bench.RunAsync(_bench.Command(new Attack(volume, "", Ending.Succeeded, script).Spec(image)));
        $"{after.Output}{after.Errors}".Split('\n').Where(l => l.Contains(Attack.Through, StringComparison.Ordinal)).ShouldBeEmpty();
        if (after.Declined is { } declined)
        {
            declined.Reason.ShouldBe("image-unavailable");
        }

        (await images.VolumesAsync()).ShouldBe(before);
    }

    [Theory]
    [InlineData("out", "/etc")]
    [InlineData("out", "/proc")]
    [InlineData("out", "../../../../../../../etc")]
    [InlineData("in", "/out")]
    [InlineData("tmp", "/sys")]
    public async Task Symlinks_in_the_places_of_our_mounts_lead_nowhere(string place, string target)
    {
        var image = await images.BuildAsync(tar => tar.WriteEntry(new PaxTarEntry(TarEntryType.SymbolicLink, place) { LinkName = target }), place);
        var after = await _bench.RunAsync(_bench.Command(
            new Attack(place, "", Ending.Succeeded, "echo ok > /out/hypernode-abuse; touch /in/x && echo GOT-THROUGH; touch /etc/x && test ! -f /out/x && echo GOT-THROUGH; exit 0").Spec(image)));
        $"{after.Output}{after.Errors}".Split('\n').Where(l => l.Contains(Attack.Through, StringComparison.Ordinal)).ShouldBeEmpty();
        if (after.Declined is { } declined)
        {
            // The runtime refuses to mount there, and does not say whose fault that is.
            declined.Reason.ShouldBe("engine-unavailable");
        }
    }

    [Fact]
    public async Task An_image_without_a_shell_is_the_jobs_own_fault()
    {
        var image = await images.BuildAsync(tar => tar.WriteEntry(new PaxTarEntry(TarEntryType.SymbolicLink, "bin/sh") { LinkName = "/bin/busybox-nowhere" }), "bin/sh");
        var after = await _bench.RunAsync(new Attack("an image without a shell", "exit code 127", Ending.ExitCode, "echo GOT-THROUGH"), image);
        after.Receipt.ExitCode.ShouldBe(127);
    }
}
