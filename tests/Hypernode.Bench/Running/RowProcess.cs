using System.Diagnostics;
using System.Text.Json;
using System.Threading.Channels;
using Hypernode.Bench.Loads;

namespace Hypernode.Bench.Running;

/// <summary>A process of a measured stack: its output goes to a log, its answers to the runner; should the runner die, it ends as its stdin closes.</summary>
internal sealed class RowProcess : IAsyncDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(10);

    private readonly Process _process;
    private readonly string _log;
    private readonly Task _reading;
    private readonly Channel<JsonElement> _answers = Channel.CreateUnbounded<JsonElement>();

    private RowProcess(string name, string log, Process process)
    {
        Name = name;
        _log = log;
        _process = process;
        _reading = ReadAsync();
    }

    public string Name { get; }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public static RowProcess Start(string name, string logFolder, string file, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        Directory.CreateDirectory(logFolder);
        var start = new ProcessStartInfo(file, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (var (key, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[key] = value;
        }

        return new RowProcess(name, Path.Combine(logFolder, $"{name}.log"), Process.Start(start)!);
    }

    /// <summary>This program again, as another part.</summary>
    public static RowProcess StartOwn(string name, string logFolder, params IReadOnlyList<string> arguments) =>
        Start(name, logFolder, "dotnet", [typeof(RowProcess).Assembly.Location, .. arguments]);

    /// <summary>What it says when it is ready for commands.</summary>
    public Task<JsonElement> ReadyAsync() => AnswerAsync();

    public async Task<JsonElement> AskAsync(string command)
    {
        await _process.StandardInput.WriteLineAsync(command);
        await _process.StandardInput.FlushAsync();
        return await AnswerAsync();
    }

    public async Task<T> AskAsync<T>(string command) => (await AskAsync(command)).Deserialize<T>(LoadProtocol.Json)!;

    /// <exception cref="BenchException">It ended; with the end of its log.</exception>
    public BenchException Ended() => new($"{Name} ended ({_log}):\n{Tail()}");

    /// <summary>At once: nobody wants what it has.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        await _reading;
        _process.Dispose();
    }

    private async Task<JsonElement> AnswerAsync()
    {
        try
        {
            return await _answers.Reader.ReadAsync().AsTask().WaitAsync(_patience);
        }
        catch (ChannelClosedException)
        {
            throw Ended();
        }
        catch (TimeoutException)
        {
            throw new BenchException($"{Name} has not answered for {_patience.TotalMinutes} minutes ({_log}):\n{Tail()}");
        }
    }

    private async Task ReadAsync()
    {
        await using var log = new StreamWriter(new FileStream(_log, FileMode.Append, FileAccess.Write, FileShare.ReadWrite)) { AutoFlush = true };
        var writing = TextWriter.Synchronized(log);
        await Task.WhenAll(
            EachLineAsync(_process.StandardOutput, line =>
            {
                if (line.StartsWith(LoadProtocol.Mark, StringComparison.Ordinal))
                {
                    _answers.Writer.TryWrite(JsonSerializer.Deserialize<JsonElement>(line[LoadProtocol.Mark.Length..]));
                }
                else
                {
                    writing.WriteLine(line);
                }
            }),
            EachLineAsync(_process.StandardError, writing.WriteLine));
        _answers.Writer.TryComplete();
    }

    private static async Task EachLineAsync(StreamReader from, Action<string> take)
    {
        while (await from.ReadLineAsync() is { } line)
        {
            take(line);
        }
    }

    private string Tail()
    {
        using var reader = new StreamReader(new FileStream(_log, FileMode.OpenOrCreate, FileAccess.Read, FileShare.ReadWrite));
        return string.Join('\n', reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).TakeLast(15));
    }
}

/// <summary>The benchmark can't go on; one message, no trace.</summary>
internal sealed class BenchException(string message) : Exception(message);
