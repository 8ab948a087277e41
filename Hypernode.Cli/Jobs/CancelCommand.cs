using System.CommandLine;
using System.Text.Json.Nodes;
using Hypernode.Cli.Jobs.Runs;
using Hypernode.Contracts.Jobs;

namespace Hypernode.Cli.Jobs;

/// <summary><c>hn job cancel</c>: of a job, or of a whole run.</summary>
internal static class CancelCommand
{
    public static Command Create()
    {
        var id = new Argument<string>("ID") { Description = "job-…, last (the wallet's newest), or a run's folder" };
        id.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && token.Value != Connection.Last && !JobId.TryParse(token.Value, null, out _) && !RunFile.IsRun(token.Value))
            {
                result.AddError("ID must be job- and a UUID in lower case, last, or the folder of a run");
            }
        });
        var command = new Command(
            "cancel",
            """
            Ask for a job's end: before a node has it all the money comes back, while it runs it is charged as metered. Of a run: nothing more
            is begun or paid for, and every job that has not ended is cancelled; a run that is under way elsewhere does it itself.

            Examples:
              ./hn job cancel job-… --wallet wallet.json
              ./hn job cancel sweep --wallet wallet.json
            """)
        {
            id, Connection.Wallet, Connection.Api, Connection.Rpc, Connection.Network, Connection.Program, Connection.Json,
        };
        Connection.Handle(command, (parsed, cancellationToken) => parsed.GetRequiredValue(id) is var named && (named == Connection.Last || JobId.TryParse(named, null, out _))
            ? OfJobAsync(parsed, named, cancellationToken)
            : OfRunAsync(parsed, Path.GetFullPath(named), cancellationToken));
        return command;
    }

    private static async Task<int> OfJobAsync(ParseResult parsed, string named, CancellationToken cancellationToken)
    {
        using var api = await Connection.SignInAsync(parsed, cancellationToken);
        var jobId = await Connection.JobOfAsync(api, named, cancellationToken);
        await api.CancelAsync(jobId, cancellationToken);
        await Connection.AnswerAsync(parsed, new JsonObject { ["jobId"] = jobId, ["asked"] = true }, () => $"asked for the end of {jobId}\nfollow it: ./hn job watch {jobId}");
        return 0;
    }

    /// <summary>Follows what has begun to its end, so that it can say what came back.</summary>
    private static async Task<int> OfRunAsync(ParseResult parsed, string folder, CancellationToken cancellationToken)
    {
        RunFile.AskForCancel(folder);
        RunFile run;
        try
        {
            run = RunFile.Resume(folder, TimeProvider.System);
        }
        catch (RunIsOpenException)
        {
            await Connection.AnswerAsync(parsed, new JsonObject { ["folder"] = folder, ["asked"] = true }, () => $"{folder} is under way in another process, which ends it");
            return 0;
        }

        using (run)
        {
            using var session = await RunSession.OpenAsync(parsed, cancellationToken);
            await session.CarryAsync(parsed, run, cancellationToken);
            return 0;
        }
    }
}
