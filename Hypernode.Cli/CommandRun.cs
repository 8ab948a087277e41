using Hypernode.Cli.Adapters;

namespace Hypernode.Cli;

/// <summary>How every long command runs: until it ends or Ctrl-C, and a failure is told in one sentence.</summary>
internal static class CommandRun
{
    /// <param name="command">returns the exit code</param>
    /// <param name="interrupted">the exit code after Ctrl-C: 0 where that is the ordinary end</param>
    public static async Task<int> RunAsync(Func<CancellationToken, Task<int>> command, int interrupted = 0)
    {
        using var interruption = new Interruption();
        try
        {
            return await command(interruption.Token);
        }
        catch (OperationCanceledException) when (interruption.Token.IsCancellationRequested)
        {
            Say("stopping");
            return interrupted;
        }
        catch (Exception e) when (PlainFailure.Is(e))
        {
            Fail(PlainFailure.Describe(e));
            return ExitCodes.Of(e);
        }
    }

    /// <summary>Red on a terminal; what was told to us may be a stranger's words.</summary>
    public static void Fail(string text) =>
        Console.Error.WriteLine($"{(Terminal.IsPlain(Console.IsErrorRedirected) ? "hn:" : "\u001b[31mhn:\u001b[0m")} {Terminal.Harmless(text)}");

    public static void Say(string text) => Console.Error.WriteLine($"hn: {text}");
}
