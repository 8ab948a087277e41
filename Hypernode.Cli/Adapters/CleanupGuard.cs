using System.Diagnostics;

namespace Hypernode.Cli.Adapters;

/// <summary>
/// Ends what we started, whichever way we end: a small script in a session of its own that runs the announced commands when
/// our end of a pipe closes, be it by <see cref="DisposeAsync"/> or by our death.
/// </summary>
internal sealed class CleanupGuard : IAsyncDisposable
{
    private readonly Process _guard;
    private readonly Lock _writing = new();

    private CleanupGuard(Process guard) => _guard = guard;

    public static CleanupGuard Start(Repository repository)
    {
        // A session of its own: Ctrl-C at the terminal reaches us, not the guard.
        var start = new ProcessStartInfo("setsid", ["bash", repository.Script("guard.sh")]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        var guard = Process.Start(start) ?? throw new CliException("bash can't be started");
        guard.OutputDataReceived += static (_, _) => { };
        guard.ErrorDataReceived += static (_, _) => { };
        guard.BeginOutputReadLine();
        guard.BeginErrorReadLine();
        return new CleanupGuard(guard);
    }

    /// <param name="command">One line of bash; run before those that were announced earlier.</param>
    public void Announce(string command)
    {
        lock (_writing)
        {
            _guard.StandardInput.WriteLine(command);
            _guard.StandardInput.Flush();
        }
    }

    public void AnnounceEnd(Process process) => Announce($"end {process.Id} {StartOf(process.Id)}");

    /// <summary>Returns when everything has been cleaned up.</summary>
    public async ValueTask DisposeAsync()
    {
        _guard.StandardInput.Close();
        await _guard.WaitForExitAsync();
        _guard.Dispose();
    }

    /// <summary>In clock ticks since the boot: with the id it names a process for good.</summary>
    private static string StartOf(int process)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{process}/stat");
            return stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[19];
        }
        catch (IOException)
        {
            return "ended";
        }
    }
}
