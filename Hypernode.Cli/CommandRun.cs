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
            Say(PlainFailure.Describe(e));
            return ExitCodes.Of(e);
        }
    }

    public static void Say(string text) => Console.Error.WriteLine($"hn: {text}");
}
