using System.Diagnostics;
using System.Text.RegularExpressions;
using Hypernode.Cli.Adapters;

namespace Hypernode.EndToEnd;

/// <summary>docs/quickstart.md as a newcomer would follow it: its commands, word for word and in order, and what it says that they print.</summary>
[Trait("Needs", "docker")]
[Trait("Needs", "localnet")]
public sealed partial class QuickstartTests(Xunit.Abstractions.ITestOutputHelper output) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private readonly string _folder = Directory.CreateTempSubdirectory("hypernode-quickstart-").FullName;
    private Process? _up;

    public void Dispose()
    {
        _up?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task The_quickstart_runs_as_it_is_written()
    {
        var root = Repository.Find().Root;
        var blocks = Blocks(await File.ReadAllTextAsync(Path.Combine(root, "docs", "quickstart.md")));
        blocks.Count.ShouldBeGreaterThan(10);
        await MakeCloneAsync(root);
        try
        {
            foreach (var block in blocks)
            {
                var watch = Stopwatch.StartNew();
                if (block.Kind == "first-terminal")
                {
                    await StartAsync(block);
                }
                else
                {
                    var (code, printed) = await RunAsync(block.Commands);
                    code.ShouldBe(block.Exits, $"{block.Commands}\nprinted:\n{printed}");
                    Matches(block, printed).ShouldBeNull($"{block.Commands}\nprinted:\n{printed}");
                }

                output.WriteLine($"{watch.Elapsed.TotalSeconds,5:0.0} s  {block.Commands.Split('\n')[0]}");
            }
        }
        finally
        {
            await EndAsync();
        }
    }

    /// <summary>What a clone has in its root and the page speaks of. Where the API listens is our choice: another stack may be up on this machine.</summary>
    private async Task MakeCloneAsync(string root)
    {
        Directory.CreateSymbolicLink(Path.Combine(_folder, "examples"), Path.Combine(root, "examples"));
        var hn = Path.Combine(_folder, "hn");
        await File.WriteAllTextAsync(hn, $"#!/bin/bash\nif [ \"$1\" = up ]; then set -- \"$@\" --url http://127.0.0.1:{Ports.Free()}; fi\nexec {Shell.Quote(Path.Combine(root, "hn"))} \"$@\"\n");
        using (var chmod = Process.Start("chmod", ["u+x", hn]))
        {
            await chmod.WaitForExitAsync();
        }

        await File.WriteAllTextAsync(Path.Combine(_folder, "state"), "");
    }

    /// <summary>In a session of its own, as in a terminal of its own: Ctrl-C there is a signal to all of it.</summary>
    private async Task StartAsync(Block block)
    {
        _up = Start("setsid", ["bash", "-c", $"exec {block.Commands}"]);
        var printed = new List<string>();
        void Note(string? line)
        {
            lock (printed)
            {
                printed.Add(line ?? "");
            }
        }

        _up.OutputDataReceived += (_, line) => Note(line.Data);
        _up.ErrorDataReceived += (_, line) => Note(line.Data);
        _up.BeginOutputReadLine();
        _up.BeginErrorReadLine();
        var watch = Stopwatch.StartNew();
        string All()
        {
            lock (printed)
            {
                return string.Join('\n', printed);
            }
        }

        while (Matches(block, All()) is { } missing)
        {
            (_up.HasExited || watch.Elapsed > Patience).ShouldBeFalse($"it did not print {missing}; it printed:\n{All()}");
            await Task.Delay(100);
        }
    }

    /// <summary>Each block in a shell that knows what the ones before have exported.</summary>
    private async Task<(int Code, string Printed)> RunAsync(string commands)
    {
        var state = Path.Combine(_folder, "state");
        using var shell = Start("bash", ["-c", $"set -e; . {Shell.Quote(state)}; trap 'export -p > {Shell.Quote(state)}' EXIT; exec 2>&1\n{commands}"]);
        var printed = shell.StandardOutput.ReadToEndAsync();
        using var deadline = new CancellationTokenSource(Patience);
        try
        {
            await shell.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            shell.Kill(entireProcessTree: true);
            Assert.Fail($"{commands} took more than {Patience.TotalMinutes} minutes:\n{await printed}");
        }

        return (shell.ExitCode, await printed);
    }

    private async Task EndAsync()
    {
        if (_up is null)
        {
            return;
        }

        using (var kill = Process.Start("kill", ["-INT", "--", $"-{_up.Id}"]))
        {
            await kill.WaitForExitAsync();
        }

        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(40));
        await _up.WaitForExitAsync(deadline.Token);
        _up.ExitCode.ShouldBe(0, "Ctrl-C is its ordinary end");
    }

    private Process Start(string file, string[] arguments)
    {
        var start = new ProcessStartInfo(file, arguments) { WorkingDirectory = _folder, RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, UseShellExecute = false };
        start.Environment["HN_NO_BUILD"] = "1"; // the tests' own build has just made it all
        foreach (var ours in new[] { "HYPERNODE_API", "HYPERNODE_RPC", "HYPERNODE_WALLET", "HYPERNODE_IMAGE" })
        {
            start.Environment.Remove(ours);
        }

        var process = Process.Start(start)!;
        process.StandardInput.Close();
        return process;
    }

    /// <returns>The first line that is not there, or not after those before it; null: all are.</returns>
    private static string? Matches(Block block, string printed)
    {
        var lines = printed.Split('\n').Select(l => Ansi().Replace(l, "").TrimEnd()).ToList();
        var at = 0;
        foreach (var expected in block.Expected)
        {
            var pattern = new Regex($"^{Regex.Escape(expected).Replace("…", ".*", StringComparison.Ordinal).Replace(@"\ ", " +", StringComparison.Ordinal)}$", RegexOptions.None, TimeSpan.FromSeconds(1));
            var found = lines.FindIndex(at, l => pattern.IsMatch(l) || pattern.IsMatch(l.TrimStart()));
            if (found < 0)
            {
                return expected;
            }

            at = found + 1;
        }

        return null;
    }

    /// <summary>A fenced block of commands, and the fenced text after it, if that comes before the next commands.</summary>
    private static List<Block> Blocks(string page)
    {
        var blocks = new List<Block>();
        foreach (var fence in Fence().Matches(page).Cast<Match>())
        {
            var (language, info, body) = (fence.Groups[1].Value, fence.Groups[2].Value.Trim(), fence.Groups[3].Value.Trim('\n'));
            if (language == "sh")
            {
                blocks.Add(new Block(info, body, info.StartsWith("exits=", StringComparison.Ordinal) ? int.Parse(info["exits=".Length..]) : 0, []));
            }
            else if (language == "text")
            {
                blocks[^1] = blocks[^1] with { Expected = [.. body.Split('\n').Where(l => l.Length > 0)] };
            }
        }

        return blocks;
    }

    [GeneratedRegex(@"^```(\w+)([^\n]*)\n(.*?)^```$", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Fence();

    [GeneratedRegex(@"\x1b\[[0-9;]*m")]
    private static partial Regex Ansi();

    private sealed record Block(string Kind, string Commands, int Exits, IReadOnlyList<string> Expected);
}
