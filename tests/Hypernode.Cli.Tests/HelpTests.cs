using System.CommandLine;

namespace Hypernode.Cli.Tests;

/// <summary>What holds for every command there is, and for the next one that somebody adds.</summary>
public sealed class HelpTests
{
    public static TheoryData<string> Commands => [.. All(HnCommand.Create(), "").Select(c => c.Path)];

    public static TheoryData<string> Leaves => [.. All(HnCommand.Create(), "").Where(c => c.Command.Subcommands.Count == 0).Select(c => c.Path)];

    [Theory]
    [MemberData(nameof(Commands))]
    public void It_says_what_it_does_and_so_do_its_options(string path)
    {
        var command = Find(path);
        command.Description.ShouldNotBeNullOrWhiteSpace();
        command.Options.ShouldAllBe(o => !string.IsNullOrWhiteSpace(o.Description), path);
        command.Arguments.ShouldAllBe(a => !string.IsNullOrWhiteSpace(a.Description), path);
    }

    [Theory]
    [MemberData(nameof(Leaves))]
    public void Its_help_has_an_example_of_it(string path) => Find(path).Description!.ShouldContain($"hn {path}");

    [Theory]
    [MemberData(nameof(Leaves))]
    public void It_answers_programs_in_JSON(string path) => Find(path).Options.ShouldContain(o => o.Name == "--json");

    /// <summary>An example that the command line would refuse teaches the wrong thing.</summary>
    [Theory]
    [MemberData(nameof(Leaves))]
    public void Its_examples_are_command_lines_of_it(string path)
    {
        var text = Find(path).Description!;
        var lines = text[text.IndexOf("Examples:", StringComparison.Ordinal)..].Replace("\\\n", " ").Split('\n').Where(l => l.TrimStart().StartsWith("./hn ", StringComparison.Ordinal));
        foreach (var line in lines)
        {
            // Up to a pipe, a redirection, or the remark beside it.
            var words = line.TrimStart()["./hn ".Length..].Split(["   ", " | ", " > ", " < ", ")"], StringSplitOptions.None)[0];
            var errors = HnCommand.Create().Parse(words.Replace("…", "").Replace("--unsigned --authority ADDRESS", "").Trim()).Errors;
            errors.ShouldNotContain(e => e.Message.Contains("Unrecognized"), line);
        }
    }

    [Fact]
    public void A_list_of_commands_has_a_sentence_for_each_and_prose_is_not_folded_twice()
    {
        ShortHelp.FirstSentence("Do this,\nand that. But not\nthose.\n\nExamples:\n  ./hn x").ShouldBe("Do this, and that.");
        ShortHelp.Flow("Do this,\nand that.\n\nExamples:\n  ./hn x\n  ./hn y").ShouldBe("Do this, and that.\n\nExamples:\n  ./hn x\n  ./hn y");
    }

    private static Command Find(string path) => All(HnCommand.Create(), "").Single(c => c.Path == path).Command;

    private static IEnumerable<(string Path, Command Command)> All(Command of, string path) => of.Subcommands
        .SelectMany(c => All(c, $"{path} {c.Name}".Trim()).Prepend(($"{path} {c.Name}".Trim(), c)));
}
