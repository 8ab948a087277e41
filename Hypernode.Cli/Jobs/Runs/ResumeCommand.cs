using System.CommandLine;

namespace Hypernode.Cli.Jobs.Runs;

/// <summary><c>hn job resume</c>: goes on with a run that was interrupted, or that has failed in part.</summary>
internal static class ResumeCommand
{
    private static readonly Argument<DirectoryInfo> Folder = new("FOLDER") { Description = "the run's folder" };
    private static readonly Option<bool> Retry = new("--retry") { Description = "pay anew for the jobs that did not succeed, and for those that hung on them" };
    private static readonly Option<bool> Yes = RunPrompt.Yes();

    public static Command Create()
    {
        var command = new Command(
            "resume",
            """
            Go on with a run that was interrupted: what was paid for is asked for and not paid again, what has not begun begins, results that
            are missing are fetched. The job file is not needed any more. What has failed stays so, unless --retry pays for it anew.

            Examples:
              ./hn job resume sweep --wallet wallet.json
              ./hn job resume sweep --wallet wallet.json --retry --yes
            """)
        {
            Folder, Retry, Yes, Connection.Wallet, Connection.Api, Connection.Rpc, Connection.Network, Connection.Program, Connection.Json,
        };
        Connection.Handle(command, RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var run = RunFile.Resume(parsed.GetRequiredValue(Folder).FullName, TimeProvider.System);
        using var session = await RunSession.OpenAsync(parsed, cancellationToken);
        if (!run.IsCancelAsked)
        {
            var again = parsed.GetValue(Retry) ? run.State.Jobs.Where(j => j.CanBeRetried).ToList() : [];
            var unsigned = run.State.Jobs.Where(j => j is { Signed: null, IsOver: false }).Concat(again).ToList();
            await session.CheckFundsAsync(run.State.Plan, unsigned.Select(j => j.Amount), cancellationToken);
            if (again.Count > 0)
            {
                await RunPrompt.ConfirmAsync(session.Payer, [.. again.Select(j => new PricedJob(j.Job, j.Amount))], run.Folder, parsed.GetValue(Yes), cancellationToken);
                again.ForEach(j => run.Append(new RunEntry(RunEvents.Retried, 0, j.Job.Id)));
            }
        }
        else if (parsed.GetValue(Retry))
        {
            throw new CliException("the run was cancelled: what shall be done after all is a run of its own") { ExitCode = ExitCodes.Usage };
        }

        return await session.CarryAsync(parsed, run, cancellationToken);
    }
}
