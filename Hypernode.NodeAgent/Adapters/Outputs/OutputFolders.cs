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

    public async Task ReleaseAsync(string attemptFolder, CancellationToken cancellationToken)
    {
        var folder = Path.Combine(attemptFolder, "out");
        if (OperatingSystem.IsWindows() || !Directory.Exists(folder))
        {
            return;
        }

        // A job can leave folders deeper than a path can name, and names that are no text: .NET can't delete those, rm can.
        await Tool.RunAsync("rm", ["-rf", "--", folder], cancellationToken);
    }
}

/// <summary>An ext4 file of the wanted size for each attempt, mounted nosuid and nodev.</summary>
internal sealed class LoopMountedOutputFolders : IOutputFolders
{
    private const long Reserve = 256L << 20;

    public bool Hard => true;

    public async Task<string> PrepareAsync(string attemptFolder, int megabytes, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateDirectory(Path.Combine(attemptFolder, "out")).FullName;
        if (IsMounted(folder))
        {
            return folder;
        }

        var image = ImageOf(attemptFolder);
        // Room for ext4's own tables, so that a job gets the whole of what it asked for; what it may keep is capped again when collected.
        var bytes = ((long)megabytes + 4 + (megabytes / 16)) << 20;
        RequireSpace(attemptFolder, bytes);
        // Taken from the disk now, and kept (nodiscard): what a job was promised is there, and no job fills the disk of the others.
        await using (var file = new FileStream(image, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, PreallocationSize = bytes }))
        {
            file.SetLength(bytes);
        }

        await Tool.RunAsync("mkfs.ext4", ["-q", "-F", "-m", "0", "-O", "^has_journal", "-E", "nodiscard,root_owner=65532:65532", image], cancellationToken);
        await Tool.RunAsync("mount", ["-t", "ext4", "-o", "loop,nosuid,nodev,noatime", image, folder], cancellationToken);
        Directory.Delete(Path.Combine(folder, "lost+found"));
        return folder;
    }

    public async Task ReleaseAsync(string attemptFolder, CancellationToken cancellationToken)
    {
        var folder = Path.Combine(attemptFolder, "out");
        if (IsMounted(folder))
        {
            // Lazy: an engine may still hold it for a moment; the loop device goes with the last user.
            await Tool.RunAsync("umount", ["-l", folder], cancellationToken);
        }

        File.Delete(ImageOf(attemptFolder));
    }

    /// <summary>Some is left for the journal and the logs: an agent with a full disk can't even say so.</summary>
    private static void RequireSpace(string folder, long bytes)
    {
        var free = new DriveInfo(folder).AvailableFreeSpace;
        if (bytes > free - Reserve)
        {
            throw new IOException($"{bytes >> 20} MiB for /out are not to be had: {free >> 20} MiB are free, of which {Reserve >> 20} are kept");
        }
    }

    private static string ImageOf(string attemptFolder) => Path.Combine(attemptFolder, "out.ext4");

    private static bool IsMounted(string folder)
    {
        var path = Path.GetFullPath(folder).Replace(" ", "\\040", StringComparison.Ordinal);
        return File.ReadLines("/proc/self/mounts").Any(line => line.Split(' ')[1] == path);
    }
}

/// <summary>The system's own programs, found where they are and not where a PATH says.</summary>
internal static class Tool
{
    public static async Task RunAsync(string program, string[] arguments, CancellationToken cancellationToken)
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
