using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Hypernode.Cli;

/// <summary>
/// The library's help page, but a command in a list is one sentence (its examples are on its own page), and prose is folded to the
/// terminal's width and not where the source folds it.
/// </summary>
internal sealed class ShortHelp(HelpAction page) : SynchronousCommandLineAction
{
    public static void Use(Command root)
    {
        foreach (var option in root.Options.OfType<HelpOption>())
        {
            option.Action = option.Action is HelpAction page ? new ShortHelp(page) : option.Action;
        }
    }

    public override int Invoke(ParseResult parseResult)
    {
        var command = parseResult.CommandResult.Command;
        command.Description = Flow(command.Description ?? "");
        foreach (var inner in command.Subcommands)
        {
            inner.Description = FirstSentence(inner.Description ?? "");
        }

        return page.Invoke(parseResult);
    }

    internal static string FirstSentence(string text)
    {
        var prose = Flow(text).Split('\n')[0];
        var end = prose.IndexOf(". ", StringComparison.Ordinal);
        return end < 0 ? prose : prose[..(end + 1)];
    }

    /// <summary>Lines of prose become one; what is indented (examples) stays as it is.</summary>
    internal static string Flow(string text) => string.Join(
        "\n\n",
        text.Split("\n\n").Select(p => p.Contains("\n  ", StringComparison.Ordinal) ? p : p.Replace('\n', ' ')));
}
