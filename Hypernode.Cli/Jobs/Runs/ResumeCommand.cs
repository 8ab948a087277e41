using System.CommandLine;

namespace Hypernode.Cli.Jobs.Runs;

/// <summary><c>hn job resume</c>: goes on with a run that was interrupted.</summary>
internal static class ResumeCommand
{
    public static Command Create()
    {
        var folder = new Argument<DirectoryInfo>("FOLDER") { Description = "the run's folder" };
        var command = new Command(
            "resume",
            """
            Go on with a run that was interrupted: what was paid for is asked for and not paid again, what has not begun begins, results that
            are missing are fetched. The job file is not needed any more.

            Examples:
              ./hn job resume sweep --wallet wallet.json
            """)
        {
            folder, Connection.Wallet, Connection.Api, Connection.Rpc, Connection.Network, Connection.Program, Connection.Json,
        };
        Connection.Handle(command, async (parsed, cancellationToken) =>
        {
            using var run = RunFile.Resume(parsed.GetRequiredValue(folder).FullName, TimeProvider.System);
            using var session = await RunSession.OpenAsync(parsed, cancellationToken);
            if (!run.IsCancelAsked)
            {
                await session.CheckFundsAsync(run.State.Plan, run.State.Jobs.Where(j => j is { Signed: null, IsOver: false }).Select(j => j.Amount), cancellationToken);
            }

            return await session.CarryAsync(parsed, run, cancellationToken);
        });
        return command;
    }
}
