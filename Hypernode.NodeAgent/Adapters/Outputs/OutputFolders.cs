using System.Diagnostics;
using Hypernode.NodeAgent.Execution;

namespace Hypernode.NodeAgent.Adapters.Outputs;

/// <summary>
/// Picks what this machine can do. A hard quota is a file system of its own for each attempt: a sparse ext4 file, loop-mounted
/// (needs root and loop devices). A tmpfs of the container would count against the job's memory and would be gone with the
/// container's mounts before anything could be copied out of it, so it is no alternative; without loop devices the folder is
/// only watched.
/// </summary>
public static class OutputFolders
{
    public static async Task<IOutputFolders> DetectAsync(AgentOptions options, CancellationToken cancellationToken)
    {
        if (options.Runtime == AgentRuntime.Process || !OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess)
        {
            return new WatchedOutputFolders();
        }

        var probe = Path.Combine(options.DataFolder, "quota-probe");
        var loops = new LoopMountedOutputFolders();
        try
        {
            await loops.PrepareAsync(probe, 1, cancellationToken);
            return loops;
        }
        catch (Exception e) when (e is IOException or InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            return new WatchedOutputFolders();
        }
        finally
        {
            await loops.ReleaseAsync(probe, CancellationToken.None);
            if (Directory.Exists(probe))
            {
                Directory.Delete(probe, recursive: true);
            }
        }
    }
}

/// <summary>A plain folder; the runner measures it and kills the job when it is too large.</summary>
internal sealed class WatchedOutputFolders : IOutputFolders
{
    public bool Hard => false;

    public Task<string> PrepareAsync(string attemptFolder, int megabytes, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateDirectory(Path.Combine(attemptFolder, "out")).FullName;
        // The job's user is another than the agent's.
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(folder, (UnixFileMode)0b111_111_111 | UnixFileMode.StickyBit);
        }

        return Task.FromResult(folder);
    }

    public Task ReleaseAsync(string attemptFolder, CancellationToken cancellationToken) => Task.CompletedTask;
}

/// <summary>An ext4 file of the wanted size for each attempt, mounted nosuid and nodev.</summary>
internal sealed class LoopMountedOutputFolders : IOutputFolders
{
    public bool Hard => true;

    public async Task<string> PrepareAsync(string attemptFolder, int megabytes, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateDirectory(Path.Combine(attemptFolder, "out")).FullName;
        if (IsMounted(folder))
        {
            return folder;
        }

        var image = ImageOf(attemptFolder);
        await using (var file = File.Create(image))
        {
            // Room for ext4's own tables, so that a job gets the whole of what it asked for; what it may keep is capped again when collected.
            file.SetLength(((long)megabytes + 4 + (megabytes / 16)) << 20);
        }

        await RunAsync("mkfs.ext4", ["-q", "-F", "-m", "0", "-O", "^has_journal", "-E", "root_owner=65532:65532", image], cancellationToken);
        await RunAsync("mount", ["-t", "ext4", "-o", "loop,nosuid,nodev,noatime", image, folder], cancellationToken);
        Directory.Delete(Path.Combine(folder, "lost+found"));
        return folder;
    }

    public async Task ReleaseAsync(string attemptFolder, CancellationToken cancellationToken)
    {
        var folder = Path.Combine(attemptFolder, "out");
        if (IsMounted(folder))
        {
            // Lazy: an engine may still hold it for a moment; the loop device goes with the last user.
            await RunAsync("umount", ["-l", folder], cancellationToken);
        }

        File.Delete(ImageOf(attemptFolder));
    }

    private static string ImageOf(string attemptFolder) => Path.Combine(attemptFolder, "out.ext4");

    private static bool IsMounted(string folder)
    {
        var path = Path.GetFullPath(folder).Replace(" ", "\\040", StringComparison.Ordinal);
        return File.ReadLines("/proc/self/mounts").Any(line => line.Split(' ')[1] == path);
    }

    private static async Task RunAsync(string program, string[] arguments, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true, UseShellExecute = false };
        start.Environment["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin";
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start");
        var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        var error = await process.StandardError.ReadToEndAsync(cancellationToken);
        await output;
        await process.WaitForExitAsync(cancellationToken);
        if (process.ExitCode != 0)
        {
            throw new IOException($"{program} failed: {error.Trim()}");
        }
    }
}
