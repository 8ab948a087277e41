using System.Diagnostics;

namespace Hypernode.NodeAgent.Tests.Fakes;

/// <summary>The small image of eng/job-image.sh, on the engine at DOCKER_HOST.</summary>
public sealed class JobImage
{
    public JobImage()
    {
        if (string.IsNullOrEmpty(Environment.GetEnvironmentVariable("DOCKER_HOST")))
        {
            throw new InvalidOperationException("DOCKER_HOST is not set: eng/engine.sh start prints it");
        }

        var start = new ProcessStartInfo("bash", [Path.Combine(Root(), "eng", "job-image.sh")])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        using var process = Process.Start(start)!;
        Id = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException("eng/job-image.sh failed: " + process.StandardError.ReadToEnd());
        }
    }

    public string Id { get; }

    public static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "Hypernode.slnx")))
        {
            folder = folder.Parent;
        }

        return folder.FullName;
    }
}
