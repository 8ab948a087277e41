using Spectre.Console;

namespace Hypernode.Cli.Adapters;

/// <summary>What people read, beside what programs read.</summary>
internal static class Terminal
{
    /// <param name="json">stdout belongs to one JSON object: all else goes to stderr</param>
    public static IAnsiConsole Open(bool json)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(json ? Console.Error : Console.Out),
            Ansi = IsPlain(json ? Console.IsErrorRedirected : Console.IsOutputRedirected) ? AnsiSupport.No : AnsiSupport.Detect,
        });
        console.Profile.Width = Math.Max(console.Profile.Width, 160); // lines may be long: never fold a signature
        return console;
    }

    /// <summary>No escape code leaves us for a file, a pipe, a terminal that knows none, or somebody who asked for none (no-color.org).</summary>
    internal static bool IsPlain(bool redirected) =>
        redirected || Environment.GetEnvironmentVariable("NO_COLOR") is { Length: > 0 } || Environment.GetEnvironmentVariable("TERM") == "dumb";

    /// <summary>A stranger's text, without what would steer the terminal: a job's log may hold anything.</summary>
    public static string Harmless(string text) =>
        string.Create(text.Length, text, static (to, from) =>
        {
            for (var i = 0; i < from.Length; i++)
            {
                to[i] = from[i] is '\n' or '\t' || (!char.IsControl(from[i]) && !IsTurning(from[i])) ? from[i] : '\uFFFD';
            }
        });

    /// <summary>Makes a line read otherwise than it is written.</summary>
    private static bool IsTurning(char c) => c is (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069');
}
