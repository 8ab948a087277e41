using System.Diagnostics;
using System.Text;

namespace Hypernode.Cli.Adapters;

/// <summary>Runs the repository's scripts.</summary>
internal static class Shell
{
    /// <returns>What it wrote to stdout, without the last newline. Its stderr goes to <paramref name="onError"/>, line by line.</returns>
    /// <param name="guard">Ends the script when we end before it does; null: a cancellation kills it and its children at once.</param>
    /// <exception cref="CliException">It failed; the message has the last lines that it said.</exception>
    public static async Task<string> RunAsync(
        string file,
        IReadOnlyList<string> arguments,
        IReadOnlyDictionary<string, string>? environment,
        Action<string> onError,
        CancellationToken cancellationToken,
        CleanupGuard? guard = null)
    {
        var start = new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, UseShellExecute = false };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start) ?? throw new CliException($"{file} can't be started");
        guard?.AnnounceEnd(process);
        process.StandardInput.Close();
        var output = new StringBuilder();
        var last = new Queue<string>();
        process.OutputDataReceived += (_, line) =>
        {
            if (line.Data is not null)
            {
                output.AppendLine(line.Data);
            }
        };
        process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is not { } text)
            {
                return;
            }

            lock (last)
            {
                last.Enqueue(text);
                if (last.Count > 10)
                {
                    last.Dequeue();
                }
            }

            onError(text);
        };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            await process.WaitForExitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            if (guard is null)
            {
                process.Kill(entireProcessTree: true);
            }

            throw;
        }

        lock (last)
        {
            return process.ExitCode == 0
                ? output.ToString().TrimEnd()
                : throw new CliException($"{Path.GetFileName(file)} {string.Join(' ', arguments)} failed ({process.ExitCode}):\n{string.Join('\n', last)}");
        }
    }

    /// <summary>For bash: the text as one word.</summary>
    public static string Quote(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
