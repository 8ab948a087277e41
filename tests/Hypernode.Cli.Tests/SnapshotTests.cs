using System.Text.RegularExpressions;
using Hypernode.Cli.Adapters;

namespace Hypernode.Cli.Tests;

/// <summary>
/// What people see, in a real terminal of 100 columns (util-linux's script), against what was agreed to in <c>snapshots/</c>.
/// HYPERNODE_UPDATE_SNAPSHOTS=1 writes them anew; the change is then read in the diff.
/// </summary>
public sealed partial class SnapshotTests
{
    private static readonly string Folder = Path.Combine(Repository.Find().Root, "tests", "Hypernode.Cli.Tests", "snapshots");

    public static TheoryData<string, string> Views => new()
    {
        { "help", "--help" },
        { "help-wallet-import", "wallet import --help" },
        { "help-ops", "ops --help" },
        { "help-ops-replay", "ops replay --help" },
        { "help-job-run", "job run --help" },
        { "job-check", "job check ROOT/examples/sweep/job.json" },
        { "error-job-file", "job check ROOT/tests/Hypernode.Cli.Tests/snapshots/bad-job.json" },
        { "config-list", "config list" },
        { "config-path", "config path" },
        { "error-unknown-setting", "config set walet w.json" },
        { "error-usage", "job list --limit 0" },
        { "error-unreachable", "job list --wallet WALLET --api http://127.0.0.1:1" },
        { "wallet-new", "wallet new NEW" },
    };

    [Theory]
    [MemberData(nameof(Views))]
    public async Task In_a_terminal_it_looks_as_agreed(string name, string line)
    {
        var command = $"stty cols 100 rows 40; dotnet {Shell.Quote(HnProgram.Dll)} {await FillAsync(line)}; echo \"exit code $?\"";
        var (_, output, error) = await HnProgram.RunAsync("script", ["-qec", command, "/dev/null"], environment: Terminal);
        error.ShouldBeEmpty();

        var seen = Normal(output);
        var file = Path.Combine(Folder, $"{name}.txt");
        if (Environment.GetEnvironmentVariable("HYPERNODE_UPDATE_SNAPSHOTS") == "1")
        {
            Directory.CreateDirectory(Folder);
            await File.WriteAllTextAsync(file, seen);
        }

        seen.ShouldBe(await File.ReadAllTextAsync(file), $"HYPERNODE_UPDATE_SNAPSHOTS=1 writes {file} anew");
    }

    /// <summary>Pipes, files, and who asked for none: the same words, and not one escape code.</summary>
    [Theory]
    [MemberData(nameof(Views))]
    public async Task Without_a_terminal_there_is_no_escape_code(string name, string line)
    {
        _ = name;
        var (_, output, error) = await HnProgram.RunAsync("dotnet", [HnProgram.Dll, .. (await FillAsync(line)).Split(' ')], environment: Terminal);
        (output + error).ShouldNotContain('\u001b');
        (output + error).ShouldNotBeEmpty();
    }

    [Fact]
    public async Task In_a_terminal_NO_COLOR_is_kept()
    {
        var plain = new Dictionary<string, string>(Terminal) { ["NO_COLOR"] = "1" };
        string[] words = ["-qec", $"dotnet {Shell.Quote(HnProgram.Dll)} config set walet w.json", "/dev/null"];
        ColorCode().IsMatch((await HnProgram.RunAsync("script", words, environment: Terminal)).Output).ShouldBeTrue();
        ColorCode().IsMatch((await HnProgram.RunAsync("script", words, environment: plain)).Output).ShouldBeFalse();
    }

    private static Dictionary<string, string> Terminal => new() { ["TERM"] = "xterm-256color", ["LANG"] = "C.UTF-8", ["COLUMNS"] = "100" };

    private static async Task<string> FillAsync(string line) => line
        .Replace("WALLET", line.Contains("WALLET") ? await HnProgram.WalletAsync() : "")
        .Replace("ROOT", Repository.Find().Root)
        .Replace("NEW", Path.Combine(HnProgram.Home, $"{Path.GetRandomFileName()}.json"));

    /// <summary>Colours stay visible in the snapshot; paths, ids and keys of this run do not.</summary>
    private static string Normal(string output)
    {
        var text = output.Replace("\r\n", "\n").Replace(HnProgram.Home, "HOME").Replace(Repository.Find().Root, "ROOT");
        text = Modes().Replace(text, "");
        text = RandomFile().Replace(text, "FILE.json");
        text = KeyText().Replace(text, "KEY");
        return string.Join('\n', text.Replace("\u001b", "␛").Split('\n').Select(l => l.TrimEnd()));
    }

    /// <summary>What .NET says to a terminal when it begins: application mode of the keypad, and the like.</summary>
    [GeneratedRegex(@"\u001b\[\?\d+[hl]|\u001b[=>]")]
    private static partial Regex Modes();

    [GeneratedRegex(@"[a-z0-9]{8}\.[a-z0-9]{3}\.json")]
    private static partial Regex RandomFile();

    [GeneratedRegex(@"\b[1-9A-HJ-NP-Za-km-z]{43,44}\b")]
    private static partial Regex KeyText();

    [GeneratedRegex(@"\u001b\[(3|4|9|10)\d")]
    private static partial Regex ColorCode();
}
