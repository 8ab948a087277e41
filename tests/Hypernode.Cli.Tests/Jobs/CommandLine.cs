using System.CommandLine;

namespace Hypernode.Cli.Tests.Jobs;

/// <summary>Runs a command as the program does; what it prints on stdout is its answer.</summary>
internal static class CommandLine
{
    public static async Task<(int Code, string Output)> RunAsync(Command command, params string[] words)
    {
        var output = new StringWriter();
        var parsed = command.Parse(words);
        parsed.Errors.ShouldBeEmpty();
        var code = await parsed.InvokeAsync(new InvocationConfiguration { Output = output, ProcessTerminationTimeout = null });
        return (code, output.ToString());
    }
}
