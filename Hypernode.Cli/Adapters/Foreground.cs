using System.Diagnostics;

namespace Hypernode.Cli.Adapters;

/// <summary>Another program of ours in our place: our stdout and stderr are its own.</summary>
internal static class Foreground
{
    /// <returns>Its exit code.</returns>
    public static async Task<int> RunAsync(
        string file, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment, CleanupGuard guard, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(file, arguments) { RedirectStandardInput = true, UseShellExecute = false };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start) ?? throw new CliException($"{file} can't be started");
        guard.AnnounceEnd(process);
        await process.WaitForExitAsync(cancellationToken);
        return process.ExitCode;
    }
}
