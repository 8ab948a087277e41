using Hypernode.Cli.Adapters;
using Hypernode.Cli.Client;

namespace Hypernode.Cli;

/// <summary>How every long command runs: until it ends or Ctrl-C, and a failure is told in one sentence.</summary>
internal static class CommandRun
{
    private const int Failed = 1;

    /// <param name="command">returns the exit code</param>
    /// <param name="interrupted">the exit code after Ctrl-C: 0 where that is the ordinary end</param>
    /// <param name="refused">the exit code when the API says no</param>
    public static async Task<int> RunAsync(Func<CancellationToken, Task<int>> command, int interrupted = 0, int refused = Failed)
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
            return e switch
            {
                CliException known => known.ExitCode,
                RefusedException => refused,
                _ => Failed,
            };
        }
    }

    public static void Say(string text) => Console.Error.WriteLine($"hn: {text}");
}
