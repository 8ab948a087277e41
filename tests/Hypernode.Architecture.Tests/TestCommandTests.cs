using System.Diagnostics;

namespace Hypernode.Architecture.Tests;

/// <summary><c>./hn test</c>, as far as it goes without running anything.</summary>
public class TestCommandTests
{
    [Fact]
    public async Task A_word_in_any_case_chooses_suites_and_the_stories_that_are_about_it_and_starts_what_they_need()
    {
        var (code, said) = await HnTestAsync("--filter", "AGENT", "--list");

        (code, said).ShouldBe((0, "Hypernode.NodeAgent.Tests\nHypernode.EndToEnd\nstarts: engine services\n"));
    }

    [Fact]
    public async Task Several_words_choose_what_any_of_them_names_and_nothing_is_started_that_nobody_needs()
    {
        var (code, said) = await HnTestAsync("--filter", "linker", "--filter=contracts", "--list");

        (code, said).ShouldBe((0, "Hypernode.Contracts.Tests\nHypernode.Linker.Tests\nstarts: nothing\n"));
    }

    [Fact]
    public async Task Without_a_word_all_of_them_run()
    {
        var (_, said) = await HnTestAsync("--list");

        said.ShouldContain("node localnet\n");
        Directory.EnumerateDirectories(Path.Combine(Projects.Root, "tests"), "*.Tests").ShouldAllBe(suite => said.Contains(Path.GetFileName(suite) + "\n"));
    }

    [Theory]
    [InlineData("There are:", "--filter", "xyzzy")]
    [InlineData("takes a word", "--filter")]
    [InlineData("no option --fliter", "--fliter", "agent")]
    public async Task What_can_not_be_meant_is_an_error(string text, params string[] arguments)
    {
        var (code, said) = await HnTestAsync(arguments);

        code.ShouldBe(2);
        said.ShouldContain(text);
    }

    private static async Task<(int Code, string Said)> HnTestAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("bash", [Path.Combine(Projects.Root, "hn"), "test", .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var said = await process.StandardOutput.ReadToEndAsync() + await error;
        await process.WaitForExitAsync();
        return (process.ExitCode, said);
    }
}
