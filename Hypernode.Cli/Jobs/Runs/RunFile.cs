using System.Text.Json;
using Hypernode.Cli.Adapters;
using Hypernode.Contracts.Text;

namespace Hypernode.Cli.Jobs.Runs;

/// <summary>
/// The journal of a run: a line for each thing that happened, on the disk before anything is done that rests on it. Who has it open has
/// the run: a second process is refused. A last line that was cut off by a crash is forgotten: nothing was done that rests on it.
/// </summary>
internal sealed class RunFile : IDisposable
{
    public const string Name = "run.jsonl";

    /// <summary>Beside the run file: somebody wants the run's end.</summary>
    private const string CancelName = "cancel";

    private readonly FileStream _file;
    private readonly TimeProvider _time;
    private readonly Lock _writing = new();

    private RunFile(FileStream file, string folder, TimeProvider time, RunState state) => (_file, Folder, _time, State) = (file, folder, time, state);

    public string Folder { get; }

    public RunState State { get; }

    public bool IsCancelAsked => File.Exists(Path.Combine(Folder, CancelName));

    public static bool IsRun(string folder) => File.Exists(Path.Combine(folder, Name));

    public static void AskForCancel(string folder) => File.WriteAllBytes(Path.Combine(folder, CancelName), []);

    /// <exception cref="CliException">There is a run already.</exception>
    public static RunFile Create(string folder, RunPlan plan, TimeProvider time)
    {
        Directory.CreateDirectory(folder);
        if (IsRun(folder))
        {
            throw new CliException($"{folder} has a run already: ./hn job resume {folder}") { ExitCode = ExitCodes.Usage };
        }

        var created = new RunFile(Open(folder, FileMode.CreateNew), folder, time, new RunState(plan));
        created.Append(new RunEntry(RunEvents.Begun, 0, Plan: plan));
        FolderSync.Flush(folder);
        return created;
    }

    /// <exception cref="CliException">There is none, another process has it, or it is damaged.</exception>
    public static RunFile Resume(string folder, TimeProvider time)
    {
        if (!IsRun(folder))
        {
            throw new CliException($"{folder} has no {Name}: it is no run's folder") { ExitCode = ExitCodes.Usage };
        }

        var file = Open(folder, FileMode.Open);
        try
        {
            var (entries, end) = Read(file);
            file.SetLength(end);
            file.Position = end;
            if (entries is not [{ Event: RunEvents.Begun, Plan: { } plan }, ..] || plan.Version != RunPlan.Current)
            {
                throw new CliException($"{file.Name} is no run file of this version; if nothing else is in it, nothing was paid for");
            }

            var state = new RunState(plan);
            entries.ForEach(state.Apply);
            return new RunFile(file, folder, time, state);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Returns when it is on the disk.</summary>
    public void Append(RunEntry entry)
    {
        var line = entry with { At = _time.GetUtcNow().ToUnixTimeMilliseconds() };
        lock (_writing)
        {
            _file.Write([.. JsonSerializer.SerializeToUtf8Bytes(line, ContractJson.Options), (byte)'\n']);
            _file.Flush(flushToDisk: true);
            State.Apply(line);
        }
    }

    public void Dispose() => _file.Dispose();

    /// <summary>For its owner alone: it has the jobs, and signed payments.</summary>
    private static FileStream Open(string folder, FileMode mode)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.ReadWrite, Share = FileShare.None, BufferSize = 0 };
        if (mode == FileMode.CreateNew && !OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        try
        {
            return new FileStream(Path.Combine(folder, Name), options);
        }
        catch (IOException e) when (IsRun(folder))
        {
            throw new RunIsOpenException(folder, e);
        }
    }

    /// <exception cref="CliException">A line that is not the last is no entry.</exception>
    private static (List<RunEntry> Entries, long End) Read(FileStream file)
    {
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        var entries = new List<RunEntry>();
        var end = 0;
        while (Array.IndexOf(bytes, (byte)'\n', end) is >= 0 and var newline)
        {
            try
            {
                entries.Add(JsonSerializer.Deserialize<RunEntry>(bytes.AsSpan(end, newline - end), ContractJson.Options)!);
            }
            catch (JsonException e)
            {
                throw new CliException($"{file.Name} is damaged in line {entries.Count + 1}: ask the API what was paid for (./hn job list) before you go on", e);
            }

            end = newline + 1;
        }

        return (entries, end);
    }
}

/// <summary>Another process has the run.</summary>
internal sealed class RunIsOpenException(string folder, Exception cause) : Exception($"{folder}: the run is under way in another process", cause);
