using Hypernode.NodeAgent.Tests.Fakes;

namespace Hypernode.NodeAgent.Tests.Abuse;

/// <summary>Jobs that leave something in /out which is to harm who collects it.</summary>
[Trait("Needs", "docker")]
public sealed class OutputAttacks(JobImage image) : IClassFixture<JobImage>, IDisposable
{
    /// <summary>A shell can't walk deeper than a path can name, but it can move one deep chain to the end of another.</summary>
    private const string Deep =
        "d=$(printf '%0200d' 1); deep() { cd /out; mkdir $1; cd $1; i=0; while [ $i -lt 18 ]; do mkdir $d && cd $d; i=$((i+1)); done; [ -z \"$2\" ] || mv /out/$2 .; }; deep 1; echo deep > deep; deep 2 1; deep 3 2; cd /out; ls";

    public static TheoryData<Attack> Table { get; } =
    [
        new("symlinks to the host's files", "only regular files are taken", Ending.Succeeded,
            "cd /out; ln -s /etc/passwd a; ln -s ../../../../etc/shadow b; ln -s /proc/1/environ c; ln -s . loop; echo ok > ok", AgentSays: "it is a symlink", Artifacts: ["ok"]),
        new("a symlink to a folder, and a file behind it", "the archive does not follow symlinks", Ending.Succeeded,
            "cd /out; ln -s /etc d; ln -s /in i; mkdir r; echo ok > r/ok", AgentSays: "it is a symlink", Artifacts: ["r/ok"]),
        new("hard links", "a second name is not taken; other mounts can't be linked to", Ending.Succeeded,
            "cd /out; ln /in/.script s && echo GOT-THROUGH; ln /bin/busybox b && echo GOT-THROUGH; echo ok > a; ln a z", AgentSays: "second name", Artifacts: ["a"]),
        new("pipes", "only regular files are taken", Ending.Succeeded, "cd /out; mkfifo p q; echo ok > z", AgentSays: "not a regular file", Artifacts: ["z"]),
        new("a sparse file of a terabyte", "the size is read before the content", Ending.Succeeded,
            "cd /out; echo ok > a; truncate -s 1099511627776 sparse", AgentSays: "sparse and what follows is not taken", Artifacts: ["a"]),
        new("a sparse file of a terabyte under a name that is not taken", "the size is read before the content", Ending.Succeeded,
            "cd /out; echo ok > a; truncate -s 1099511627776 'spar\\se'", AgentSays: "and what follows is not taken", Artifacts: ["a"]),
        new("many sparse files under names that are not taken", "what is skipped counts as read", Ending.Succeeded,
            "cd /out; echo ok > a; i=0; while [ $i -lt 2000 ]; do truncate -s 8000000 \"b\\\\$i\"; i=$((i+1)); done; echo late > z; ls | wc -l", "2002", AgentSays: "and what follows is not taken", Artifacts: ["a"]),
        new("file names with line breaks and control characters", "such names are not taken", Ending.Succeeded,
            "cd /out; touch \"$(printf 'a\\nb')\" \"$(printf 'esc\\033[2Jx')\" \"$(printf 'tab\\tx')\" 'back\\slash'; echo ok > ok", AgentSays: "its name is not one that we store", Artifacts: ["ok"]),
        new("a long file name with a line break", "what can't be read on is not taken", Ending.Succeeded,
            "cd /out; touch \"z$(printf 'a\\nb%0200d' 1)\"; echo ok > a", Artifacts: ["a"]),
        new("file names that are no UTF-8", "such names are not taken", Ending.Succeeded,
            "cd /out; echo 1 > \"$(printf 'x\\377')\"; echo 2 > \"$(printf 'x\\376')\"; echo 3 > \"$(printf 'y\\300\\200')\"; echo ok > ok", AgentSays: "its name is not one that we store", Artifacts: ["ok"]),
        new("the longest file names", "names up to 255 characters are taken, longer paths are not", Ending.Succeeded,
            "cd /out; n=$(printf '%0255d' 7); echo ok > $n; mkdir d$(printf '%0100d' 1); echo no > d$(printf '%0100d' 1)/$n; echo ok > a", AgentSays: "its name is not one that we store"),
        new("folders deeper than a path can name", "the file system goes as a whole", Ending.Succeeded,
            Deep + "; echo ok > a", "3\n", Artifacts: ["a"]),
        new("a folder named out", "names are read once", Ending.Succeeded,
            "cd /out; mkdir out; echo inner > out/x; echo outer > x", Artifacts: ["out/x", "x"]),
        new("as many files as fit", "inodes of its own file system; the count is capped", Ending.Succeeded,
            "cd /out; seq 1 40000 | xargs touch 2>/dev/null && echo GOT-THROUGH; ls | wc -l", AgentSays: "more than 1000 files", OutputMb: 32),
        new("as many folders and symlinks as fit", "entries are counted, whatever they are", Ending.Succeeded,
            "cd /out; echo ok > a; seq 1 12000 | sed s/^/b/ | xargs mkdir; seq 1 12000 | while read i; do echo ln -s x s$i; done | sh 2>/dev/null; rm -r b1; echo late > z; exit 0", AgentSays: "what follows is not taken", OutputMb: 64, Artifacts: ["a"]),
        new("files without permissions", "read by the engine, not by path", Ending.Succeeded, "cd /out; echo ok > a; chmod 000 a; chmod 000 /out", Artifacts: ["a"]),
        new("removing /out", "a mount point can't be replaced", Ending.Succeeded,
            "rm -rf /out 2>/dev/null; rmdir /out 2>/dev/null && echo GOT-THROUGH; mv /out /tmp/x 2>/dev/null && echo GOT-THROUGH; ln -sfn /in /out 2>/dev/null; echo ok > /out/ok", Artifacts: ["ok"]),
        new("setuid and immutable files", "they are content, not modes", Ending.Succeeded,
            "cd /out; echo ok > a; chmod 6777 a; chattr +i a && echo GOT-THROUGH; cp /bin/busybox b; chmod 4755 b; ./b id -u | grep -q '^0$' && echo GOT-THROUGH; exit 0", Artifacts: ["a", "b"]),
        new("an archive that unpacks upwards", "nothing is unpacked", Ending.Succeeded,
            "cd /out; mkdir -p t/u; echo x > t/evil; cd t/u; tar cf /out/bomb.tar ../evil 2>/dev/null; rm -r /out/t; ls /out", "bomb.tar", Artifacts: ["bomb.tar"]),
        new("swapping a file for a symlink while it is collected", "nothing of a job runs any more when its outputs are read", Ending.Succeeded,
            "cd /out; echo ok > race; (while :; do ln -sf /etc/passwd l; mv -f l race; echo ok > f; mv -f f race; done) >/dev/null 2>&1 & i=0; while [ $i -lt 200 ]; do ls /out >/dev/null; i=$((i+1)); done; echo raced", "raced"),
        new("growing a file while it is collected", "nothing of a job runs any more when its outputs are read", Ending.Succeeded,
            "cd /out; (setsid sh -c 'while :; do echo more >> grow; done' &); while [ ! -s grow ]; do :; done; echo grown", "grown", Artifacts: ["grow"]),
    ];

    private readonly AbuseBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Theory]
    [MemberData(nameof(Table))]
    public async Task It_is_collected_without_harm(Attack attack)
    {
        var after = await _bench.RunAsync(attack, image.Id);
        var artifacts = after.Receipt.Artifacts;
        artifacts.Select(a => a.Name).ShouldBeUnique();
        artifacts.Sum(a => a.Bytes).ShouldBeLessThanOrEqualTo((long)attack.OutputMb << 20);
        foreach (var artifact in artifacts.Where(a => a.Bytes < 100))
        {
            // Not a line of any file but the job's own.
            _bench.Kit.Blobs.Text(artifact.Sha256).ShouldNotContain("root:");
        }
    }

    [Fact]
    public async Task Without_a_hard_quota_a_folder_that_is_too_deep_or_has_foreign_names_is_still_deleted()
    {
        var options = _bench.Options;
        options.AllowWatchedOutput = true;
        var attack = new Attack(
            "leaving what can't be deleted (watched /out)", "deleted as bytes, from within", Ending.Succeeded,
            Deep + "; touch \"$(printf 'x\\377')\"; mkdir \"$(printf 'y\\377')\"; touch \"$(printf 'y\\377')/z\"", "3\n");
        await _bench.RunAsync(attack, image.Id, options, watched: true);
    }
}
