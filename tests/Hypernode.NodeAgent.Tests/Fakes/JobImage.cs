using System.Diagnostics;

namespace Hypernode.NodeAgent.Tests.Fakes;

/// <summary>The small image of eng/job-image.sh, on the engine at DOCKER_HOST.</summary>
public sealed class JobImage
{
    public JobImage()
    {
        var host = Environment.GetEnvironmentVariable("DOCKER_HOST");
        Id = BuildOn(string.IsNullOrEmpty(host) ? throw new InvalidOperationException("DOCKER_HOST is not set: eng/engine.sh start prints it") : host);
    }

    public string Id { get; }

    /// <summary>Its id on the engine at that address.</summary>
    public static string BuildOn(string dockerHost)
    {
        var start = new ProcessStartInfo("bash", [Path.Combine(Root(), "eng", "job-image.sh")])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            Environment = { ["DOCKER_HOST"] = dockerHost },
        };
        using var process = Process.Start(start)!;
        var id = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();
        return process.ExitCode == 0 ? id : throw new InvalidOperationException("eng/job-image.sh failed: " + process.StandardError.ReadToEnd());
    }

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
