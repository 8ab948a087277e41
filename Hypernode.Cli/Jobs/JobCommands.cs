using System.CommandLine;
using Hypernode.Cli.Jobs.Runs;

namespace Hypernode.Cli.Jobs;

/// <summary><c>hn job</c>: for who pays for work.</summary>
internal static class JobCommands
{
    public static Command Create() => new(
        "job",
        """
        Have work done, and pay for it. Exit codes: 0 done, 1 failed, 2 not understood, 3 refused by the API, 4 the job did not
        succeed (failed or refunded), 130 interrupted.

        Examples:
          ./hn job init job.json
          ./hn job submit job.json --amount 1 --wallet wallet.json --watch
          ./hn job run sweep.json --amount 1 --wallet wallet.json --out sweep
          ./hn job list --wallet wallet.json --status running
          ./hn job explain job-… --wallet wallet.json
        """)
    {
        InitCommand.Create(),
        CheckCommand.Create(),
        SubmitCommand.Create(),
        RunCommand.Create(),
        ResumeCommand.Create(),
        WatchCommand.CreateWatch(),
        WatchCommand.CreateLogs(),
        ResultCommand.Create(),
        CancelCommand.Create(),
        ExplainCommand.Create(),
        ListCommand.Create(),
    };
}
