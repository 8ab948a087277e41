using System.Diagnostics;

namespace Hypernode.Cli.Adapters;

/// <summary>A long-running program of ours: its output goes to a log file, its stdin stays open until it shall end.</summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Task _logging;
    private readonly TaskCompletionSource<string> _firstLine = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ChildProcess(string name, string log, Process process)
    {
        Name = name;
        LogFile = log;
        _process = process;
        _logging = LogAsync();
    }

    public string Name { get; }

    public string LogFile { get; }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>The first line of its stdout.</summary>
    public Task<string> FirstLine => _firstLine.Task;

    public static ChildProcess Start(string name, string logFolder, CleanupGuard guard, string file, params IReadOnlyList<string> arguments)
    {
        Directory.CreateDirectory(logFolder);
        var start = new ProcessStartInfo(file, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        var process = Process.Start(start) ?? throw new CliException($"{file} can't be started");
        guard.AnnounceEnd(process);
        return new ChildProcess(name, Path.Combine(logFolder, name + ".log"), process);
    }

    /// <summary>SIGKILL, as a power cut would.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public Task WaitForExitAsync(CancellationToken cancellationToken) => _process.WaitForExitAsync(cancellationToken);

    /// <summary>The last lines of its log, for an error message.</summary>
    public string Tail(int lines = 15)
    {
        using var file = new FileStream(LogFile, FileMode.OpenOrCreate, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file);
        return string.Join('\n', reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).TakeLast(lines));
    }

    /// <summary>Closes its stdin, which asks it to end, and waits a while; the guard does the rest.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.StandardInput.Close();
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
            try
            {
                await _process.WaitForExitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                _process.Kill();
            }
        }

        await _logging;
        _process.Dispose();
    }

    private async Task LogAsync()
    {
        await using var log = new StreamWriter(new FileStream(LogFile, FileMode.Append, FileAccess.Write, FileShare.ReadWrite)) { AutoFlush = true };
        var writing = TextWriter.Synchronized(log);
        await Task.WhenAll(CopyAsync(_process.StandardOutput, writing, _firstLine), CopyAsync(_process.StandardError, writing, null));
        _firstLine.TrySetException(new CliException($"{Name} ended before it was ready; its log is {LogFile}"));
        _ = _firstLine.Task.Exception; // observed: nobody may be waiting
    }

    private static async Task CopyAsync(StreamReader from, TextWriter to, TaskCompletionSource<string>? first)
    {
        while (await from.ReadLineAsync() is { } line)
        {
            first?.TrySetResult(line);
            await to.WriteLineAsync(line);
        }
    }
}
