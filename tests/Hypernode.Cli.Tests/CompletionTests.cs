using Hypernode.Cli.Adapters;

namespace Hypernode.Cli.Tests;

/// <summary>The scripts in the shells themselves.</summary>
[Trait("Needs", "shells")]
public sealed class CompletionTests
{
    private static readonly string Hn = MakeHn();

    [Theory]
    [InlineData("hn wal", "wallet")]
    [InlineData("hn job ca", "cancel")]
    [InlineData("hn wallet import --fr", "--from")]
    [InlineData("hn job list --status re", "refunded")]
    [InlineData("hn config get ne", "network")]
    [InlineData("hn job watch la", "last")]
    [InlineData("hn si", "sim")]
    public async Task Bash_completes_commands_options_and_values(string line, string expected) =>
        (await BashAsync(line)).ShouldBe([expected]);

    [Fact]
    public async Task Bash_offers_every_command_and_leaves_files_to_itself()
    {
        new[] { "job", "ops", "test", "wallet" }.ShouldBeSubsetOf(await BashAsync("hn "));
        (await BashAsync("hn wallet new wa")).ShouldBeEmpty("then bash's own completion of files comes");
    }

    [Theory]
    [InlineData("hn wal", "wallet")]
    [InlineData("hn job ca", "cancel")]
    [InlineData("hn job list --status re", "refunded")]
    public async Task Fish_completes_them_too(string line, string expected)
    {
        var (code, output, error) = await HnProgram.RunAsync("fish", ["--no-config", "-c", $"set -x PATH {Hn} $PATH; hn completion fish | source; complete -C '{line}'"]);
        code.ShouldBe(0, error);
        output.Split('\n', StringSplitOptions.RemoveEmptyEntries).ShouldContain(expected);
    }

    /// <summary>zsh completes in its line editor alone: what the script would offer there is what it asks for.</summary>
    [Theory]
    [InlineData("hn wal", "wallet")]
    [InlineData("hn job ca", "cancel")]
    public async Task Zsh_completes_them_too(string line, string expected)
    {
        var words = line.Split(' ');
        var script = $$"""
            path=({{Hn}} $path)
            source <(hn completion zsh)
            compadd() { [ "$1" = -a ] && print -l -- ${(P)2}; }
            words=({{string.Join(' ', words)}}) CURRENT={{words.Length}}
            _hn
            """;
        var (code, output, error) = await HnProgram.RunAsync("zsh", ["-f", "-c", script]);
        code.ShouldBe(0, error);
        output.Split('\n', StringSplitOptions.RemoveEmptyEntries).ShouldContain(expected);
    }

    private static async Task<string[]> BashAsync(string line)
    {
        var script = $$"""
            PATH={{Hn}}:$PATH
            source <(hn completion bash)
            COMP_LINE={{Shell.Quote(line)}} COMP_POINT={{line.Length}}
            read -ra COMP_WORDS <<< "$COMP_LINE"
            [[ $COMP_LINE != *' ' ]] || COMP_WORDS+=('')
            COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            _hn_complete
            printf '%s\n' "${COMPREPLY[@]}"
            """;
        var (code, output, error) = await HnProgram.RunAsync("bash", ["--norc", "-c", script]);
        code.ShouldBe(0, error);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static string MakeHn()
    {
        var folder = HnProgram.NewFolder("hypernode-path-");
        var hn = Path.Combine(folder, "hn");
        File.WriteAllText(hn, $"#!/bin/sh\nexec dotnet '{HnProgram.Dll}' \"$@\"\n");
        HnProgram.SetMode(hn, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return folder;
    }
}
