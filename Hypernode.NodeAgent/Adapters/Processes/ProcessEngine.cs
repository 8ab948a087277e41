using System.Diagnostics;
using System.Formats.Tar;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Hypernode.NodeAgent.Execution;

namespace Hypernode.NodeAgent.Adapters.Processes;

/// <summary>
/// UNSANDBOXED: an attempt is a plain process of this machine, with the agent's own rights. For machines without a container
/// engine, by explicit wish only. The image is not used, limits other than the run limit do not hold, and scripts find their
/// folders in HYPERNODE_IN and HYPERNODE_OUT. What it keeps are files, so a restarted agent finds its processes again.
/// </summary>
public sealed class ProcessEngine(string folder) : IContainerEngine
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(50);

    /// <summary>Runs the job in a session of its own and leaves start, output, exit code and end in files, whatever becomes of the agent.</summary>
    private const string Wrapper = """
        cd "$HYPERNODE_OUT"
        date +%s%3N > "$HYPERNODE_RUN/started.tmp" && mv "$HYPERNODE_RUN/started.tmp" "$HYPERNODE_RUN/started"
        "$@" > "$HYPERNODE_RUN/output" 2>&1 < /dev/null &
        child=$!
        trap 'kill -TERM $child 2>/dev/null' TERM
        wait $child; code=$?
        while kill -0 $child 2>/dev/null; do wait $child; code=$?; done
        echo "$code $(date +%s%3N)" > "$HYPERNODE_RUN/ended.tmp" && mv "$HYPERNODE_RUN/ended.tmp" "$HYPERNODE_RUN/ended"
        """;

    private sealed record Kept(ContainerPlan Plan);

    public bool Sandboxed => false;

    /// <summary>Any image will do, since none is used: the receipt repeats what was asked for.</summary>
    public Task<ImageFound?> ResolveImageAsync(ImageReference image, CancellationToken cancellationToken) =>
        Task.FromResult<ImageFound?>(new ImageFound(image.ToString(), image.ToString(), []));

    public async Task<string> CreateAsync(ContainerPlan plan, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(RunOf(plan.Name));
        await File.WriteAllTextAsync(Path.Combine(RunOf(plan.Name), "plan.json"), JsonSerializer.Serialize(new Kept(plan)), cancellationToken);
        return plan.Name;
    }

    /// <summary>Jobs write to a file: there is nothing else to listen to.</summary>
    public Task<IOutputFeed?> ListenAsync(string id, CancellationToken cancellationToken) => Task.FromResult<IOutputFeed?>(null);

    public async Task StartAsync(string id, CancellationToken cancellationToken)
    {
        var plan = PlanOf(id) ?? throw new EngineRefusedException(404, "no such process");
        string[] job = plan.Script ? ["/bin/sh", Path.Combine(plan.InFolder, InputFolder.ScriptName)] : [.. plan.Cmd];
        var start = new ProcessStartInfo("setsid", ["/bin/sh", "-c", Wrapper, "hypernode", .. job]) { UseShellExecute = false };
        // The agent's own secrets may be in its environment: the job gets a fresh one.
        start.Environment.Clear();
        start.Environment["PATH"] = "/usr/local/bin:/usr/bin:/bin";
        start.Environment["HYPERNODE_RUN"] = RunOf(id);
        start.Environment["HYPERNODE_IN"] = plan.InFolder;
        start.Environment["HYPERNODE_OUT"] = plan.OutFolder;
        start.Environment["HOME"] = plan.OutFolder;
        using var process = Process.Start(start) ?? throw new EngineRefusedException(500, "the process did not start");
        await File.WriteAllTextAsync(Path.Combine(RunOf(id), "pid"), process.Id.ToString(CultureInfo.InvariantCulture), cancellationToken);
        while (!File.Exists(Path.Combine(RunOf(id), "started")))
        {
            await Task.Delay(Poll, cancellationToken);
        }
    }

    public Task<ContainerState?> InspectAsync(string id, CancellationToken cancellationToken)
    {
        if (PlanOf(id) is not { } plan)
        {
            return Task.FromResult<ContainerState?>(null);
        }

        var started = ReadNumbers(id, "started");
        var ended = ReadNumbers(id, "ended");
        if (started.Length == 0)
        {
            return Task.FromResult<ContainerState?>(new(ContainerStatus.Created, plan.Image.Id, default, default, 0, false));
        }

        // Killed together with its wrapper: nobody was left to write the end down.
        if (ended.Length == 0 && PidOf(id) is null)
        {
            ended = ReadNumbers(id, "ended") is { Length: 2 } after ? after : [137, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()];
            File.WriteAllText(Path.Combine(RunOf(id), "ended"), $"{ended[0]} {ended[1]}");
        }

        var startedAt = DateTimeOffset.FromUnixTimeMilliseconds(started[0]);
        return Task.FromResult<ContainerState?>(ended.Length == 2
            ? new(ContainerStatus.Ended, plan.Image.Id, startedAt, DateTimeOffset.FromUnixTimeMilliseconds(ended[1]), (int)ended[0], false)
            : new(ContainerStatus.Running, plan.Image.Id, startedAt, default, 0, false));
    }

    public async Task WaitAsync(string id, CancellationToken cancellationToken)
    {
        while (await InspectAsync(id, cancellationToken) is { Status: ContainerStatus.Running })
        {
            await Task.Delay(Poll, cancellationToken);
        }
    }

    public async IAsyncEnumerable<LogPiece> ReadLogsAsync(string id, bool follow, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var path = Path.Combine(RunOf(id), "output");
        if (!File.Exists(path))
        {
            yield break;
        }

        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        while (true)
        {
            // Asked before reading: what is written before the end is read after it.
            var running = follow && await InspectAsync(id, cancellationToken) is { Status: ContainerStatus.Running };
            var buffer = new byte[32 * 1024];
            for (int read; (read = await file.ReadAsync(buffer, cancellationToken)) > 0; buffer = new byte[32 * 1024])
            {
                yield return new LogPiece("stdout", buffer.AsMemory(0, read));
            }

            if (!running)
            {
                yield break;
            }

            await Task.Delay(Poll, cancellationToken);
        }
    }

    public Task KillAsync(string id, bool force, CancellationToken cancellationToken)
    {
        if (PidOf(id) is { } pid)
        {
            // TERM goes to the wrapper, which passes it on and writes the exit code down; KILL to the whole session.
            Signal(force ? ["-KILL", "--", $"-{pid}"] : ["-TERM", pid.ToString(CultureInfo.InvariantCulture)]);
        }

        return Task.CompletedTask;
    }

    public async Task<Stream> OpenOutputsAsync(string id, CancellationToken cancellationToken)
    {
        var plan = PlanOf(id) ?? throw new EngineRefusedException(404, "no such process");
        var file = new FileStream(Path.Combine(RunOf(id), "out.tar"), FileMode.Create, FileAccess.ReadWrite, FileShare.None, 81_920, FileOptions.DeleteOnClose);
        await TarFile.CreateFromDirectoryAsync(plan.OutFolder, file, includeBaseDirectory: false, cancellationToken);
        file.Position = 0;
        return file;
    }

    public async Task RemoveAsync(string id, CancellationToken cancellationToken)
    {
        await KillAsync(id, force: true, cancellationToken);
        if (Directory.Exists(RunOf(id)))
        {
            Directory.Delete(RunOf(id), recursive: true);
        }
    }

    public async Task<IReadOnlyList<ContainerFound>> ListAsync(string label, string value, CancellationToken cancellationToken)
    {
        var found = new List<ContainerFound>();
        foreach (var run in Directory.Exists(folder) ? Directory.EnumerateDirectories(folder) : [])
        {
            var id = Path.GetFileName(run);
            if (PlanOf(id) is { } plan && plan.Labels.GetValueOrDefault(label) == value)
            {
                found.Add(new(id, await InspectAsync(id, cancellationToken) is { Status: ContainerStatus.Running }, plan.Labels));
            }
        }

        return found;
    }

    private string RunOf(string id) => Path.Combine(folder, id);

    private ContainerPlan? PlanOf(string id)
    {
        var path = Path.Combine(RunOf(id), "plan.json");
        return File.Exists(path) ? JsonSerializer.Deserialize<Kept>(File.ReadAllText(path))!.Plan : null;
    }

    /// <summary>Null: it has ended. A number can be given to another process: ask what it runs.</summary>
    private int? PidOf(string id)
    {
        var numbers = ReadNumbers(id, "pid");
        if (numbers.Length == 0)
        {
            return null;
        }

        try
        {
            var environment = File.ReadAllText($"/proc/{numbers[0]}/environ");
            return environment.Contains($"HYPERNODE_RUN={RunOf(id)}", StringComparison.Ordinal) ? (int)numbers[0] : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private long[] ReadNumbers(string id, string name)
    {
        var path = Path.Combine(RunOf(id), name);
        return File.Exists(path)
            ? [.. File.ReadAllText(path).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Select(n => long.Parse(n, CultureInfo.InvariantCulture))]
            : [];
    }

    private static void Signal(string[] arguments)
    {
        using var kill = Process.Start(new ProcessStartInfo("kill", arguments) { UseShellExecute = false, RedirectStandardError = true });
        kill?.WaitForExit();
    }
}
